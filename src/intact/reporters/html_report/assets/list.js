// The list of findings: filters, order, pages, and the way to one finding.

const PAGE = 50;
const PRINTED = 500;
const EMPTY = { q: "", severity: [], report: "", type: "", state: "", status: "", cause: "" };

class List {
  constructor(findings) {
    this.findings = findings;
    this.form = document.getElementById("controls");
    this.table = document.getElementById("list");
    this.body = this.table.tBodies[0];
    this.range = document.getElementById("range");
    this.pages = document.getElementById("pages");
    this.filter = { ...EMPTY };
    this.sort = "severity";
    this.page = 0;
    this.found = [];
    this.listen();
    this.makeHeads();
    this.makePages();
  }

  listen() {
    let waiting = 0;
    this.form.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => this.read(), 50);
    });
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.read(); });
    this.form.addEventListener("reset", () => setTimeout(() => { this.filter.cause = ""; this.read(); }));
    document.getElementById("unchoose").addEventListener("click", () => {
      this.filter.cause = "";
      this.read();
      this.form.elements.q.focus();
    });
    this.body.addEventListener("keydown", (event) => this.move(event));
    window.addEventListener("beforeprint", () => this.draw(PRINTED));
    window.addEventListener("afterprint", () => this.draw());
  }

  // Arrow keys go from row to row, Escape folds what is open.
  move(event) {
    const summary = event.target.closest("summary");
    if (event.key === "Escape") {
      const open = event.target.closest("details[open]");
      if (open) {
        open.open = false;
        open.querySelector("summary").focus();
      }
      return;
    }
    if (!summary || !["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key)) return;
    const all = [...this.body.querySelectorAll("summary")];
    const at = all.indexOf(summary);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (all[next]) {
      event.preventDefault();
      all[next].focus();
    }
  }

  makeHeads() {
    for (const head of this.table.tHead.querySelectorAll("[data-sort]")) {
      const button = make("button", { type: "button", class: "sort" }, head.textContent);
      button.addEventListener("click", () => this.by(head.dataset.sort));
      head.replaceChildren(button);
    }
  }

  // Sorts by a column; once more by the same, the other way round. Amounts and dates begin with the greatest.
  by(column) {
    const down = column === "stake" || column === "when";
    const [first, second] = down ? [`-${column}`, column] : [column, `-${column}`];
    this.sort = this.sort === first ? second : first;
    this.page = 0;
    this.show();
    announce(`Sorted by ${{ stake: "amount at stake", seen: "status" }[column] ?? column}, ${this.sort.startsWith("-") ? "descending" : "ascending"}`);
  }

  makePages() {
    const to = (label, page) => {
      const button = make("button", { type: "button" }, label);
      button.addEventListener("click", () => {
        this.page = page();
        this.draw();
        this.range.focus({ preventScroll: true });
        this.range.scrollIntoView({ block: "start" });
      });
      return button;
    };
    const last = () => Math.max(0, Math.ceil(this.found.length / PAGE) - 1);
    this.buttons = [
      to("First", () => 0),
      to("Previous", () => this.page - 1),
      to("Next", () => this.page + 1),
      to("Last", last),
    ];
    this.where = make("span");
    this.pages.append(this.buttons[0], this.buttons[1], this.where, this.buttons[2], this.buttons[3]);
  }

  // Takes the filter from the form, and keeps it in the address so that it can be passed on.
  read() {
    const data = new FormData(this.form);
    this.filter = {
      ...EMPTY,
      q: data.get("q"),
      severity: data.getAll("severity"),
      report: data.get("report"),
      type: data.get("type"),
      state: data.get("state") ?? "",
      status: data.get("status") ?? "",
      cause: this.filter.cause,
    };
    const said = new URLSearchParams();
    for (const [name, value] of Object.entries(this.filter)) {
      for (const each of [value].flat()) if (each !== "") said.append(name, each);
    }
    history.replaceState(null, "", said.size ? `#show?${said}` : "#findings");
    this.page = 0;
    this.show();
    this.tell();
  }

  // Puts a filter into the form and shows what it finds.
  set(wanted) {
    this.filter = { ...EMPTY, ...wanted };
    const { elements } = this.form;
    for (const name of ["q", "report", "type", "state", "status"]) if (elements[name]) elements[name].value = this.filter[name];
    for (const box of this.form.querySelectorAll("[name=severity]")) box.checked = this.filter.severity.includes(box.value);
    this.page = 0;
    this.show();
  }

  show() {
    this.found = this.findings.select(this.filter, this.sort);
    const chosen = document.getElementById("chosen");
    chosen.hidden = this.filter.cause === "";
    const cause = this.findings.shared.causes[this.filter.cause] ?? `number ${this.filter.cause}`;
    chosen.firstElementChild.replaceChildren("Root cause: ");
    putText(chosen.firstElementChild, cause);
    for (const head of this.table.tHead.querySelectorAll("[data-sort]")) {
      const mine = this.sort.replace("-", "") === head.dataset.sort;
      if (mine) head.setAttribute("aria-sort", this.sort.startsWith("-") ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    }
    this.draw();
  }

  draw(size = PAGE) {
    const begin = this.page * PAGE;
    const some = this.found.slice(begin, begin + size);
    const { shared } = this.findings;
    this.body.replaceChildren(
      ...some.map((place, at) => makeRow(this.findings.at(place), shared, begin + at + 2, this.findings.first(place))),
    );
    this.table.setAttribute("aria-rowcount", this.found.length + 1);
    this.range.textContent = this.rangeText(begin, some.length);
    const pages = Math.ceil(this.found.length / PAGE);
    this.pages.hidden = pages < 2;
    this.where.textContent = `Page ${grouped(this.page + 1)} of ${grouped(pages)}`;
    this.buttons[0].disabled = this.buttons[1].disabled = this.page === 0;
    this.buttons[2].disabled = this.buttons[3].disabled = this.page >= pages - 1;
  }

  rangeText(begin, count) {
    const total = this.findings.rows.length;
    if (!count) return `None of ${grouped(total)} findings matches. Clear a filter to see more.`;
    const of = this.found.length < total ? `${grouped(this.found.length)} that match, of ${grouped(total)}` : grouped(total);
    return `Findings ${grouped(begin + 1)} to ${grouped(begin + count)} of ${of}`;
  }

  tell() {
    announce(`${grouped(this.found.length)} of ${grouped(this.findings.rows.length)} findings`);
  }

  // Opens one finding, wherever it is: a filter that hides it is lifted. Whether it is there.
  open(fingerprint) {
    const place = this.findings.find(fingerprint);
    if (place === undefined) return false;
    if (!this.found.includes(place)) this.set({});
    this.page = Math.floor(this.found.indexOf(place) / PAGE);
    this.draw();
    const row = this.body.querySelector(`[data-place="${place}"]`);
    for (const each of this.body.querySelectorAll(".target")) each.classList.remove("target");
    row.classList.add("target");
    const details = row.querySelector("details");
    fill(details, this.findings.at(place), this.findings.shared);
    details.open = true;
    row.scrollIntoView({ block: "start" });
    row.querySelector("summary").focus({ preventScroll: true });
    return true;
  }
}
