// The findings: unpacked from the page, kept as the rows they come in (see rows.py), searched and sorted.

const FIXED = 7; // entries of a row before its values
const FRESH = ["new", "came back"]; // what the run before did not have
const RANK = ["CRITICAL", "HIGH", "MEDIUM", "LOW"];

async function unpack(text) {
  const packed = typeof Uint8Array.fromBase64 === "function" ? Uint8Array.fromBase64(text) : decoded(text);
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  const rows = [];
  let rest = "";
  let last = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      if (last) for (const row of JSON.parse(last)) rows.push(row);
      last = line;
    }
  }
  return new Findings(rows, JSON.parse(last));
}

function decoded(text) {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let place = 0; place < binary.length; place += 1) bytes[place] = binary.charCodeAt(place);
  return bytes;
}

class Findings {
  constructor(rows, shared) {
    this.rows = rows;
    this.shared = shared;
    this.kinds = shared.kinds.map(([report, type, severity, collection, check, state, status, seen, url, money, currency, ...fields]) => ({
      report, type, severity, collection, check, state, status, seen, url, money, currency, fields,
      rank: RANK.includes(severity) ? RANK.indexOf(severity) : RANK.length,
    }));
    const order = new Map(shared.order.map(([report, type], place) => [`${report} ${type}`, place]));
    for (const kind of this.kinds) kind.order = order.get(`${kind.report} ${kind.type}`) ?? order.size;
    this.haystacks = [];
    this.places = null;
    this.orders = {};
  }

  // One finding, its phrases whole.
  at(place) {
    const row = this.rows[place];
    const kind = this.kinds[row[1]];
    return {
      ...kind,
      place,
      fingerprint: row[0],
      description: this.phrase(row, row[2]),
      query: this.phrase(row, row[3]),
      amount: row[4],
      when: row[5],
      cause: row[6],
      values: row.slice(FIXED),
    };
  }

  phrase(row, phrase) {
    const text = typeof phrase === "number" ? this.shared.phrases[phrase] : phrase;
    if (text.startsWith("\0\0")) return text.slice(2);
    return text.replace(/\0(\d+)\0/g, (_, place) => {
      const value = row[FIXED + Number(place)];
      return typeof value === "string" ? value : value.o;
    });
  }

  // The place of the finding with a fingerprint, or undefined.
  find(fingerprint) {
    if (!this.places) {
      this.places = new Map();
      for (let place = this.rows.length - 1; place >= 0; place -= 1) this.places.set(this.rows[place][0], place);
    }
    return this.places.get(fingerprint);
  }

  // Whether a finding is the first with its fingerprint: two reports may have the same fault.
  first(place) {
    return this.find(this.rows[place][0]) === place;
  }

  // Prepares the search for some more rows; whether that was all of them.
  prepare(some) {
    const end = Math.min(this.rows.length, this.haystacks.length + some);
    for (let place = this.haystacks.length; place < end; place += 1) this.haystacks.push(this.haystack(place));
    return end === this.rows.length;
  }

  haystack(place) {
    const row = this.rows[place];
    const kind = this.kinds[row[1]];
    const parts = [kind.type, kind.collection, this.phrase(row, row[2]), row[0], row[4] ?? "", row[5] ?? ""];
    for (let at = FIXED; at < row.length; at += 1) {
      const value = row[at];
      if (value !== null && value !== true && value !== false) parts.push(value?.o ?? exact(value));
    }
    return parts.join("\n").toLowerCase();
  }

  // The places of the findings for which a filter holds, in an order ("stake", "-stake").
  select(filter, order) {
    const wanted = this.kinds.map(
      (kind) =>
        (!filter.severity.length || filter.severity.includes(kind.severity)) &&
        (!filter.report || filter.report === kind.report) &&
        (!filter.type || filter.type === kind.type) &&
        (!filter.state || filter.state === kind.state) &&
        (!filter.status || filter.status === kind.status || (filter.status === "fresh" && FRESH.includes(kind.status))),
    );
    const words = filter.q.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length) this.prepare(this.rows.length);
    const cause = filter.cause === "" ? null : Number(filter.cause);
    const found = [];
    for (const place of this.order(order)) {
      const row = this.rows[place];
      if (!wanted[row[1]] || (cause !== null && row[6] !== cause)) continue;
      const haystack = words.length ? this.haystacks[place] : "";
      if (words.every((word) => haystack.includes(word))) found.push(place);
    }
    return found;
  }

  // All places in an order; each order is made once.
  order(name) {
    this.orders[name] ??= this.sorted(name.replace("-", ""), name.startsWith("-") ? -1 : 1);
    return this.orders[name];
  }

  sorted(by, sign) {
    const { rows, kinds } = this;
    const places = Uint32Array.from(rows, (_, place) => place);
    if (by === "stake") {
      const worth = Float64Array.from(rows, (row) => (row[4] === null ? NaN : Math.abs(Number(row[4]))));
      return places.sort((a, b) => last(worth[a], worth[b]) || sign * (worth[a] - worth[b]) || a - b);
    }
    if (by === "when") {
      return places.sort((a, b) => emptyLast(rows[a][5], rows[b][5]) || sign * compare(rows[a][5], rows[b][5]) || a - b);
    }
    if (by === "seen") {
      const fresh = (row) => (FRESH.includes(kinds[row[1]].status) ? FRESH.indexOf(kinds[row[1]].status) : FRESH.length);
      return places.sort((a, b) => {
        const [one, other] = [rows[a], rows[b]];
        return sign * (fresh(one) - fresh(other) || compare(kinds[other[1]].seen, kinds[one[1]].seen)) || a - b;
      });
    }
    if (by === "type") {
      return places.sort((a, b) => sign * compare(kinds[rows[a][1]].type, kinds[rows[b][1]].type) || a - b);
    }
    return places.sort((a, b) => {
      const [one, other] = [kinds[rows[a][1]], kinds[rows[b][1]]];
      return sign * (one.rank - other.rank) || one.order - other.order || a - b;
    });
  }
}

// What has no amount or no date comes last, whichever way it is sorted.
function last(a, b) {
  return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
}

function emptyLast(a, b) {
  return Number(!a) - Number(!b);
}

function compare(a, b) {
  return a === b ? 0 : a < b ? -1 : 1;
}
