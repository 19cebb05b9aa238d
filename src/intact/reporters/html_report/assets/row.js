// One row of the list, and what unfolds from it. Everything of the database goes in as text.

function makeRow(finding, shared, index, named) {
  const stake = make("td", { role: "cell", class: "c-stake" });
  if (finding.amount !== null) {
    stake.append(make("span", { class: "amount", title: finding.money.replaceAll("_", " ") }, amountText(finding.amount, finding.currency || shared.currency)));
  }
  const details = make("details", {}, make("summary", {}, "Details"));
  details.addEventListener("toggle", () => fill(details, finding, shared), { once: true });
  const known = RANK.includes(finding.severity) ? finding.severity.toLowerCase() : "other";
  const severity = finding.severity.charAt(0) + finding.severity.slice(1).toLowerCase();
  return make(
    "tr",
    { role: "row", id: named && finding.fingerprint, "aria-rowindex": index, "data-place": finding.place },
    make("td", { role: "cell", class: "c-severity" }, make("span", { class: `severity ${known}` }, severity)),
    make(
      "td",
      { role: "cell", class: "c-finding" },
      putText(make("span", { class: "type" }), finding.type),
      putText(make("span", { class: "said" }), finding.description),
      ...record(finding),
    ),
    stake,
    make("td", { role: "cell", class: "c-when" }, whenText(finding.when)),
    ...(shared.known ? [seen(finding)] : []),
    make("td", { role: "cell", class: "c-more" }, details),
  );
}

// Says whether a finding is new, or since when it is there.
function seen(finding) {
  const words = { new: "New", "came back": "Came back" }[finding.status];
  const said = words ? make("span", { class: "new" }, words) : finding.seen ? `since ${finding.seen}` : "not known";
  return make("td", { role: "cell", class: "c-seen" }, said);
}

// Names the record that a finding is about, where its description names none.
function record(finding) {
  const own = finding.fields
    .map((name, place) => [name, finding.values[place]])
    .filter(([name, value]) => name.endsWith("_id") && value !== null && !Array.isArray(value))
    .map(([name, value]) => [name, exact(value)]);
  if (!own.length || own.some(([, text]) => finding.description.includes(text))) return [];
  const [name, text] = own.find(([each]) => each !== "document_id") ?? own[0];
  return [make("span", { class: "record" }, `${name} `, putText(make("code"), text))];
}

function fill(details, finding, shared) {
  if (details.childElementCount > 1) return;
  const fields = make("dl", { class: "fields" });
  finding.fields.forEach((name, place) => fields.append(makeField(name, finding.values[place])));
  const facts = [["report", shared.reports[finding.report] ?? finding.report], ["collection", finding.collection]];
  if (finding.check) facts.push(["check", finding.check]);
  if (finding.amount !== null) facts.push([`at stake (${finding.money.replaceAll("_", " ")})`, { n: finding.amount }]);
  if (finding.state) facts.push(["state", finding.state]);
  if (finding.status) facts.push(["status", finding.status], ["first seen", finding.seen]);
  facts.push(["fingerprint", finding.fingerprint]);
  const about = make("dl", { class: "fields about-it" });
  for (const [name, value] of facts) about.append(makeField(name, value, name === "fingerprint"));
  const links = make("p", { class: "links" });
  links.append(make("a", { href: `#${finding.fingerprint}` }, "Link to this finding"));
  if (shared.causes[finding.cause]) {
    links.append(make("a", { href: `#show?cause=${finding.cause}` }, "All with the same root cause"));
  }
  if (/^https?:\/\//.test(finding.url)) {
    links.append(make("a", { href: finding.url, rel: "noopener noreferrer" }, `Read more about ${finding.type}`));
  }
  const body = make("div", { class: "body" });
  const repair = shared.repairs[finding.type];
  if (repair) {
    const said = repair.replace(/\s+/g, " ").replace(/`+/g, "");
    body.append(make("h3", {}, "How to repair"), putText(make("p"), said));
  }
  body.append(make("h3", {}, "The finding"), fields);
  if (finding.query) {
    const shown = make("pre", { tabindex: 0 }, make("code", {}, finding.query));
    const button = make("button", { type: "button", class: "copy" }, "Copy query");
    button.addEventListener("click", () => copy(button, finding.query));
    body.append(make("h3", {}, "See it in mongosh"), make("div", { class: "query" }, shown, button));
  }
  body.append(make("h3", {}, "Where it is from"), about, links);
  details.append(body);
}

function makeField(name, value, copied = true) {
  const shown = make("dd");
  if (Array.isArray(value)) {
    const list = make("ul", { class: "values" });
    for (const each of value.slice(0, 20)) list.append(make("li", {}, ...oneValue(name, each)));
    if (value.length > 20) list.append(make("li", { class: "quiet" }, `and ${grouped(value.length - 20)} more`));
    if (value.length > 1) list.append(make("li", {}, copyButton(`all ${name}`, value, "Copy all")));
    shown.append(list);
  } else {
    shown.append(...oneValue(name, value, copied));
  }
  return make("div", {}, putText(make("dt"), name), shown);
}

function oneValue(name, value, copied = true) {
  const shown = make("span", { class: value === null ? "quiet" : "value", dir: "auto" });
  const parts = [shown];
  if (value?.w) shown.append(value.w); // words of ours, in which values stand escaped already
  else putText(shown, shownValue(value));
  const word = typeWord(value);
  if (word) parts.push(make("span", { class: "kind-of" }, word));
  if (copied && value !== null && typeof value !== "boolean") parts.push(copyButton(name, value, "Copy"));
  return parts;
}

function copyButton(name, value, label) {
  const button = make("button", { type: "button", class: "copy" }, label);
  button.append(make("span", { class: "unseen" }, label === "Copy" ? ` ${name}` : ""));
  button.addEventListener("click", () => copy(button, exact(value)));
  return button;
}

// Copies a text exactly. The old way is for pages that may not use the clipboard, such as files in some browsers.
async function copy(button, text) {
  let done = true;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    done = copyByHand(text);
    button.focus();
  }
  announce(done ? "Copied" : "This browser does not allow copying");
  const label = button.firstChild;
  const before = button.dataset.label ?? label.nodeValue;
  button.dataset.label = before;
  label.nodeValue = done ? "Copied" : "Not allowed";
  setTimeout(() => { label.nodeValue = before; }, 1500);
}

function copyByHand(text) {
  const area = make("textarea", { class: "unseen", "aria-hidden": "true", readonly: true });
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}

function announce(text) {
  const place = document.getElementById("said");
  if (place) place.textContent = text;
}
