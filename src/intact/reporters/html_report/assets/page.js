// The page: appearance, ticks, copying, and where the address leads.

const stored = {
  get(name) {
    try { return localStorage.getItem(`intact ${name}`); } catch { return null; }
  },
  set(name, value) {
    try { localStorage.setItem(`intact ${name}`, value); } catch { /* the page works without a memory */ }
  },
};

function appearance() {
  const choice = document.getElementById("theme");
  const take = (theme) => {
    if (theme) document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
  };
  choice.value = stored.get("theme") ?? "";
  take(choice.value);
  choice.addEventListener("change", () => {
    take(choice.value);
    stored.set("theme", choice.value);
  });
}

// Ticks of the action items stay for this run, in this browser.
function ticks(run) {
  document.querySelectorAll(".actions input").forEach((box, place) => {
    const name = `tick ${run} ${place}`;
    box.checked = stored.get(name) === "1";
    box.addEventListener("change", () => stored.set(name, box.checked ? "1" : ""));
  });
}

// Goes where the address leads: to what a filter shows (#show?type=…), or to one finding (#fingerprint).
function follow(list) {
  const [name, said] = location.hash.slice(1).split(/\?(.*)/s);
  if (name === "show") {
    const wanted = new URLSearchParams(said);
    const given = Object.fromEntries([...wanted].filter(([key]) => key in EMPTY));
    list.set({ ...given, severity: wanted.getAll("severity") });
    list.tell();
  } else if (/^[0-9a-f]{20}$/.test(name)) {
    if (list.open(name) || document.getElementById(`gone-${name}`)) return;
    const missing = `There is no finding ${name} in this report: it may have been put right, or not be listed.`;
    announce(missing);
    list.range.textContent = missing;
  } else {
    return;
  }
  document.getElementById("findings").scrollIntoView();
  list.range.focus({ preventScroll: true });
}

// Unfolds what is resolved where the address leads to it (#resolved), or to one of it (#fingerprint).
function unfold() {
  const name = location.hash.slice(1);
  const list = document.getElementById("resolved");
  const row = document.getElementById(`gone-${name}`);
  if (!list || (name !== "resolved" && !row)) return;
  list.open = true;
  for (const each of list.querySelectorAll(".target")) each.classList.remove("target");
  if (row) row.classList.add("target");
  (row ?? list).scrollIntoView({ block: row ? "center" : "start" });
}

async function showList(data) {
  if (typeof DecompressionStream === "undefined") {
    document.getElementById("range").textContent = "This browser is too old to unpack the list. The worst findings:";
    return;
  }
  const findings = await unpack(JSON.parse(data.textContent));
  data.remove();
  const list = new List(findings);
  list.show();
  follow(list);
  window.addEventListener("hashchange", () => follow(list));
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.('a[href^="#"]');
    if (link && link.getAttribute("href") === location.hash) follow(list); // the same address once more
  });
  // The search is made ready bit by bit, so that the page answers meanwhile.
  while (!findings.prepare(5000)) await new Promise((done) => { setTimeout(done); });
}

async function begin() {
  document.documentElement.classList.add("js");
  appearance();
  ticks(document.querySelector("main").dataset.run);
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.addEventListener("click", () => copy(button, JSON.parse(button.dataset.copy)));
  }
  unfold();
  window.addEventListener("hashchange", unfold);
  const data = document.getElementById("data");
  if (data) await showList(data);
  document.documentElement.dataset.ready = "";
}

begin();
