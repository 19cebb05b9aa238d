// Values of the database: shown so that everything in them can be seen, copied exactly as they are.

// What a reader would not see, or would see elsewhere: controls, formats (bidirectional marks, zero width), private
// use, unassigned, lone surrogates, spaces but the ordinary one, letters without a picture, and the backslash itself.
const UNSEEN = /[\p{C}\u2028\u2029\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\\\u034f\u115f\u1160\u2800\u3164\uffa0\ufe00-\ufe0f\u{e0100}-\u{e01ef}]/gu;
const LONGEST = 2000;

function escapeOf(char) {
  if (char === "\\") return "\\\\";
  const named = { "\n": "\\n", "\r": "\\r", "\t": "\\t" }[char];
  if (named) return named;
  const code = char.codePointAt(0).toString(16);
  if (code.length <= 2) return `\\x${code.padStart(2, "0")}`;
  return code.length <= 4 ? `\\u${code.padStart(4, "0")}` : `\\U${code.padStart(8, "0")}`;
}

// Puts a text into an element: plain parts as text, each unseen character as a mark that says which it is.
function putText(element, text) {
  let shown = text;
  if (text.length > LONGEST) {
    shown = text.slice(0, LONGEST).replace(/[\ud800-\udbff]$/, "");
  }
  let end = 0;
  for (const found of shown.matchAll(UNSEEN)) {
    element.append(shown.slice(end, found.index), make("span", { class: "mark" }, escapeOf(found[0])));
    end = found.index + found[0].length;
  }
  element.append(shown.slice(end));
  if (shown.length < text.length) {
    element.append(make("span", { class: "mark" }, `… ${grouped(text.length - shown.length)} more characters`));
  }
  return element;
}

// Makes an element; children are elements, or text that is put in as text.
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

function grouped(number) {
  return String(number).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}

// An amount from its digits, with separators and at least two decimals; no digit of it is lost.
function amountText(digits, currency) {
  const parts = /^(-?\d{1,15})(?:\.(\d{1,20}))?$/.exec(digits);
  const shown = parts ? `${grouped(parts[1])}.${(parts[2] || "").padEnd(2, "0")}` : digits;
  return currency ? `${currency} ${shown}` : shown;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

function whenText(when) {
  if (!when) return "";
  const month = /^(\d{4})-(0[1-9]|1[0-2])$/.exec(when);
  return month ? `${MONTHS[month[2] - 1]} ${month[1]}` : when.replace(/^(\d{4}-\d\d-\d\d)T.*/, "$1");
}

// The exact text of a value, as it is copied: a string as it is, anything else as mongosh writes it.
function exact(value) {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.map(exact).join("\n");
  if (value === null || typeof value !== "object") return String(value);
  return value.n ?? value.j ?? `ObjectId("${value.o}")`;
}

// The word for a value's type, where its text alone would not tell; empty for text.
function typeWord(value) {
  if (typeof value === "number" || value?.n !== undefined) return "number";
  if (typeof value === "boolean") return "boolean";
  return "";
}

// The short text of a value for people.
function shownValue(value) {
  if (value === null) return "none";
  if (typeof value === "string") return value === "" || value !== value.trim() ? `"${value}"` : value;
  if (value?.n !== undefined) return amountText(value.n).replace(/\.00$/, "");
  return exact(value);
}
