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

function follow(list) {
  const [name, parameters] = decodeURIComponent(location.hash.slice(1)).split(/\?(.*)/s);
  if (name === "show") {
    const wanted = new URLSearchParams(location.hash.replace(/^[^?]*\?/, ""));
    const given = Object.fromEntries([...wanted].filter(([key]) => key in EMPTY));
    list.set({ ...given, severity: wanted.getAll("severity") });
    document.getElementById("findings").scrollIntoView();
    list.range.focus({ preventScroll: true });
    list.tell();
  } else if (/^[0-9a-f]{20}$/.test(name) && parameters === undefined && !list.open(name)) {
    announce(`There is no finding ${name} in this report. It may have been put right.`);
    list.range.textContent = `There is no finding ${name} in this report: it may have been put right, or not be among those listed.`;
    document.getElementById("findings").scrollIntoView();
  }
}

async function begin() {
  document.documentElement.classList.add("js");
  appearance();
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.addEventListener("click", () => copy(button, button.dataset.copy));
  }
  const data = document.getElementById("data");
  if (!data) return;
  if (typeof DecompressionStream === "undefined") {
    document.getElementById("range").textContent = "This browser is too old to unpack the list; the worst findings are below.";
    return;
  }
  const findings = await unpack(JSON.parse(data.textContent));
  data.remove();
  ticks(findings.shared.run);
  const list = new List(findings);
  list.show();
  follow(list);
  window.addEventListener("hashchange", () => follow(list));
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.('a[href^="#"]');
    if (link && link.getAttribute("href") === location.hash) follow(list); // the same address once more
  });
  document.documentElement.dataset.ready = "";
  const prepare = () => { if (!findings.prepare(5000)) setTimeout(prepare); };
  setTimeout(prepare);
}

begin();
