"""Ways in which a model goes wrong: small edits of ``shop.yml``, each with the line and the sentence that it must give.

``at`` is a piece of the edited text in whose line the mistake is; ``meant`` is the name that must be suggested.
``structural`` mistakes are refused by the JSON Schema too.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

SHOP = Path(__file__).with_name("shop.yml")


@dataclass(frozen=True, slots=True)
class Case:
    """One way."""

    name: str
    old: str
    new: str
    at: str
    says: str
    meant: str = ""
    structural: bool = True

    @property
    def text(self) -> str:
        """The broken model."""
        text = SHOP.read_text(encoding="utf-8")
        if text.count(self.old) != 1:
            raise AssertionError(f"{self.name}: {self.old!r} must be in the shop once")
        return text.replace(self.old, self.new)

    @property
    def line(self) -> int:
        """The line of the mistake."""
        text = self.text
        begin = SHOP.read_text(encoding="utf-8").index(self.old)
        inside = self.new.find(self.at)
        if inside < 0 and text.count(self.at) != 1:
            raise AssertionError(f"{self.name}: {self.at!r} must be in the edit, or in the text once")
        position = begin + inside if inside >= 0 else text.index(self.at)
        return text.count("\n", 0, position) + 1


def _typo(name: str, old: str, wrong: str, right: str, says: str, **more: bool) -> Case:
    """A name written wrong: ``right`` is a word of ``old`` that becomes ``wrong``."""
    return Case(name, old, old.replace(right, wrong), wrong, says, right, **more)


TOP = [
    _typo("top key", "timezone: Europe", "timezon", "timezone", "not part of a model"),
    _typo("top key collections", "\ncollections:", "colections", "collections", "not part of a model"),
    Case("top key missing", "title: A shop\n", "", "intact: 1", "a model needs 'title'"),
    Case("version too new", "intact: 1", "intact: 2", "intact: 2", "written in format 2"),
    Case("version is text", "intact: 1", "intact: one", "one", "expected the version"),
    Case("version is true", "intact: 1", "intact: true", "true", "found the value true"),
    Case("version missing", "intact: 1\n", "", "name: shop", "a model needs 'intact'"),
    Case("name with a slash", "name: shop", "name: shop/x", "shop/x", "cannot be the name of a model"),
    Case("name is a number", "name: shop", "name: 5", "5", "expected a text for the name of a model"),
    Case("title of two lines", "title: A shop", "title: |\n  A\n  shop", "title", "must be one line"),
    Case("title blank", "title: A shop", "title: ' '", "title", "is blank"),
    Case(
        "title with an escape",
        "title: A shop",
        'title: "A\\e[0m"',
        "title",
        "control character",
        structural=False,
    ),
    Case("currency form", "currency: EUR", "currency: eur", "eur", "is no currency", "EUR"),
    Case("currency sign", "currency: EUR", "currency: €", "€", "is no currency"),
    Case("region form", "region: DE", "region: de", "de", "is no region", "DE"),
    Case("region unknown", "region: DE", "region: XX", "XX", "is no region", structural=False),
    Case("region no", "region: DE", "region: no", "no", "is no region", "NO"),
    _typo("timezone", "Europe/Berlin", "Europe/Berln", "Europe/Berlin", "is no time zone", structural=False),
    Case("timezone is a list", "timezone: Europe/Berlin", "timezone: [UTC]", "UTC", "found a list"),
    Case(
        "timezone outside", "Europe/Berlin", "../../etc/passwd", "passwd", "is no time zone", structural=False
    ),
    _typo(
        "fail-on",
        "fail-on: [NOTE_NO_ORDER",
        "NOTE_NO_ODER",
        "NOTE_NO_ORDER",
        "no finding type",
        structural=False,
    ),
    Case("fail-on twice", "[NOTE_NO_ORDER, TWICE]", "[TWICE, TWICE]", "TWICE", "stands in this list twice"),
    Case(
        "fail-on is text", "fail-on: [NOTE_NO_ORDER, TWICE]", "fail-on: TWICE", "fail-on", "expected a list"
    ),
    _typo(
        "headline figure",
        "money.twice]",
        "money.twise",
        "money.twice",
        "has no figure 'twise'",
        structural=False,
    ),
    Case(
        "headline report",
        "[links.total",
        "[link.total",
        "link.total",
        "there is no report 'link'",
        "links.total_links",
        structural=False,
    ),
    Case(
        "headline without a dot",
        "money.twice]",
        "money]",
        "money]",
        "as report.figure, found 'money'",
        "money.twice",
        structural=False,
    ),
    Case("headline sums", "money.twice]", "links.lost]", "links.lost", "no count", structural=False),
    Case(
        "headline counts by text",
        "money.twice]",
        "links.states]",
        "links.states",
        "no count",
        structural=False,
    ),
    Case("headline empty", "[links.total_links, money.twice]", "[]", "headline", "found an empty one"),
]

DECLARED = [
    _typo("collection key", "    noun: order\n", "nuon", "noun", "not part of the collection orders"),
    _typo("reference target", "customer_id: customers, ", "custmers", "customers", "no declared", structural=False),
    Case("reference to no key", "{login_id: logins}", "{login_id: order-notes}", "order-notes", "has no key", structural=False),
    Case("neither key nor name", "    named: note_id\n", "", "order-notes:", "needs 'named'"),
    Case("key through an array", "key: sku.code", "key: 'sku[].code'", "sku[]", "goes through an array"),
    Case("key with a number", "key: sku.code", "key: sku.0", "sku.0", "numeric step"),
    Case("key is a list", "key: sku.code", "key: [sku, code]", "sku", "expected a text for a key"),
    Case("key empty", "key: sku.code", "key: ", "key: }", "found nothing"),
    Case("key with two dots", "key: sku.code", "key: sku..code", "sku..code", "is no field path"),
    Case("key with a dollar", "key: sku.code", "key: $sku", "$sku", "is no field path"),
    Case("named is a field", "named: bill_id", "named: severity", "severity", "field 'severity' already", structural=False),
    Case("named is a field of unreadable values", "named: bill_id", "named: value", "value", "field 'value' already", structural=False),
    Case("two records of one name", "    named: bill_id\n", "    named: customer_id\n", "- unreconciled-amount", "two fields 'customer_id'", structural=False),
    Case("named with a space", "named: bill_id", "named: bill id", "bill id", "cannot be the name of a field"),
    Case("collection all", "\n  bills:", "\n  all:", "all:", "cannot be the name of a collection"),
    Case("collection is a list", "products: {key: sku.code}", "products: [sku]", "products", "found a list"),
    Case("values is a text", "{state: [open, paid, sent]}", "{state: open}", "open", "expected a list of texts"),
    Case("values with a number", "[open, paid, sent]", "[open, 5]", "5", "found the number 5"),
    Case("values twice", "[open, paid, sent]", "[open, paid, sent, open]", "open", "in this list twice"),
    Case("reconciliation key", "    of: customers\n", "    off: customers\n", "off", "not part of", "of"),
    _typo("reconciliation of", "    of: customers\n", "custmers", "customers", "no declared", structural=False),
    _typo("entries key", "period: month", "perod", "period", "not part of entries"),
    _typo("entries unless", "unless: {void: true}", "unles", "unless", "not part of entries"),
    Case("entries unless nothing", "unless: {void: true}", "unless: {}", "unless", "at least one condition"),
    _typo("lines unless", "unless: {gift: true}", "unles", "unless", "not part of lines"),
    Case("entries lack amount", ", amount: total,", ",", "entries:", "entries needs 'amount'"),
    _typo("entries link", "link: customer_id, period", "custmer_id", "customer_id", "not declared", structural=False),
    Case("lines link elsewhere", "link: customer_id\n", "link: items[].product_id\n", "product", "to customers", structural=False),
    _typo("lines where", "where: {state: sent}", "snt", "sent", "none of the values", structural=False),
    Case("tolerance below 0", "tolerance: 0.05", "tolerance: -1", "-1", "a number, 0 or more"),
    Case("tolerance is text", "tolerance: 0.05", "tolerance: 5%", "5%", "a number, 0 or more"),
    Case("tolerance infinite", "tolerance: 0.05", "tolerance: .inf", ".inf", "is no number", structural=False),
    Case("tolerance huge", "tolerance: 0.05", "tolerance: 1e9999", "1e9999", "MongoDB can hold", structural=False),
    Case("period is an amount", "period: month", "period: total", "period", "is read as an amount here and as a date", structural=False),
    Case("flag is a date", "marked: billed", "marked: sent_at", "marked", "read as true or false here and as a date", structural=False),
    Case("date through an array", "date: sent_at", "date: items[].sent", "items[].sent", "goes through an array"),
]  # fmt: skip

CHECKS = [
    _typo("check kind", "- missing-link: orders.customer_id", "mising-link", "missing-link", "there is no check"),
    Case("check without a kind", "- missing-key: bills\n        finding", "- finding", "- finding", "which check it is"),
    Case("two kinds", "finding: NO_ID", "duplicate-key: all\n        finding: NO_ID", "duplicate-key: all\n        finding: NO_ID", "cannot be both"),
    Case("check is a text", "- missing-key: bills\n        finding: NO_ID\n        severity: high\n        description: A document of {collection} has no id\n", "- missing-key\n", "- missing-key", "found the text"),
    _typo("option", "stale-after-days: 30", "stale-after-day", "stale-after-days", "has no option"),
    Case("option of another kind", "finding: NO_ID", "finding: NO_ID\n        show: {a: b}", "show: {a", "missing-key has no option 'show'"),
    Case("option missing", "        compare: phone\n", "", "- duplicate-value", "needs 'compare'"),
    Case("finding missing", "        finding: NO_ID\n", "", "- missing-key", "needs 'finding'"),
    Case("description missing", "        description: Note {note_id}\n", "", "- unmatched-link", "needs 'description'"),
    Case("finding in small letters", "finding: NO_ID", "finding: no_id", "no_id", "cannot be the type of a finding"),
    Case("finding taken", "finding: NO_ID", "finding: UNREADABLE_VALUE", "UNREADABLE_VALUE\n        severity", "has a meaning already", structural=False),
    Case("finding is a severity", "finding: NO_ID", "finding: HIGH", "finding: HIGH", "has a meaning already", structural=False),
    _typo("severity", "severity: medium\n        description: Order", "medum", "medium", "is no severity"),
    Case("severity in capitals", "severity: low\n        description: Customer", "severity: LOW\n        description: Customer", "LOW", "is no severity", "low"),
    _typo("reference of a check", "- missing-link: orders.customer_id", "orders.custmer_id", "orders.customer_id", "not declared as a reference", structural=False),
    _typo("collection of a check", "- missing-link: orders.customer_id", "oders.customer_id", "orders.customer_id", "'oders' is no declared collection", structural=False),
    Case("check of a collection", "- missing-link: orders.customer_id", "- missing-link: orders", "orders", "expected a collection and one of its"),
    Case("check of a list", "- missing-key: bills", "- missing-key: [bills]", "[bills]", "expected a text"),
    _typo("all misspelt", "- missing-key: bills", "bils", "bills", "no declared collection", structural=False),
    Case("check of no key", "- missing-key: bills", "- missing-key: order-notes", "- missing-key: order-notes", "has no key", structural=False),
    _typo("reconciliation of a check", "- missing-entry: monthly", "montly", "monthly", "no declared reconciliation", structural=False),
    _typo("field of a description", "Order {order_id} has", "{oder_id}", "{order_id}", "have no field 'oder_id'", structural=False),
    Case("brace alone", "description: Note {note_id}", "description: Note note_id}", "note_id}", "stands alone", structural=False),
    _typo("field of a group", "Customer {customer_id} billed", "{custmer_id}", "{customer_id}", "have no field", structural=False),
    _typo("declared value of a shown field", "money-unless: {order_state: sent}", "snt", "sent", "none of the values", structural=False),
    _typo("declared value of a field of a figure", "of: ORDER_NO_CUSTOMER, unless: {order_state: sent}", "snt", "sent", "none of the values", structural=False),
    _typo("declared value", "where: {state: [open, paid], note", "opn", "open", "none of the values", structural=False),
    Case("number for declared texts", "where: {state: paid}", "where: {state: 5}", "state: 5", "none of the values", structural=False),
    Case("condition through an array", "unless: {test: true}", "unless: {'items[].test': true}", "test", "goes through an array"),
    Case("condition is a list", "unless: {test: true}", "unless: [test]", "unless", "expected a mapping"),
    Case("condition empty", "unless: {test: true}", "unless: {}", "unless", "at least one condition"),
    Case("condition is a mapping", "unless: {test: true}", "unless: {test: {a: b}}", "unless", "expected a value"),
    Case("condition without values", "unless: {test: true}", "unless: {test: []}", "unless", "found an empty one"),
    Case("flag is an amount", "unless: {test: true}", "unless: {'items': true}\n        x: y", "x: y", "has no option 'x'"),
    Case("shown twice", "show: {order_state: state}", "show: {amount: state}", "show", "have a field 'amount' already", structural=False),
    Case("shown field is one that is there", "show: {order_state: state}", "show: {fingerprint: state, fingerprint_value: state}", "show", "have a field 'fingerprint_value' already", structural=False),
    Case("shown through an array", "show: {order_state: state}", "show: {order_state: 'items[].x'}", "show", "goes through an array"),
    Case("money without a name", "money: lost\n", "money: 5\n", "money: 5", "expected a text"),
    _typo("money key", "{over: overbilled", "ovr", "over", "not part of 'money'"),
    Case("money of a third sign", "under: underbilled", "other: underbilled", "other", "not part of 'money'"),
    Case("finding called none", "finding: NO_ID", "finding: NONE", "NONE", "has a meaning already", structural=False),
    Case("money without an amount", "        amount: items[].price\n        show", "        show", "money: lost", "no amount that could be at stake", "amount"),
    Case("money of a check without amounts", "finding: NO_ID", "finding: NO_ID\n        money: x", "money: x", "no amount that could be at stake"),
    Case("money-unless alone", "        money: lost\n", "", "money-unless", "stands on 'money'"),
    _typo("money-unless field", "money-unless: {order_state", "order_stat", "order_state", "have no field", structural=False),
    _typo("having", "having: {open_orders: orders.customer_id}", "orders.custmer_id", "orders.customer_id", "not declared", structural=False),
    Case("having elsewhere", "{open_orders: orders.customer_id}", "{open_orders: customers.login_id}", "having:", "expected a reference to customers", structural=False),
    Case("having-where alone", "        having: {open_orders: orders.customer_id}\n", "", "having-where", "stands on 'having'"),
    _typo("having-where value", "having-where: {state: open}", "opne", "open", "none of the values", structural=False),
    Case("back elsewhere", "back: logins.customer_id", "back: bills.customer_id", "back", "does not lead back", "logins.customer_id", structural=False),
    _typo("choice", "compare: phone", "fone", "phone", "is no choice for 'compare'"),
    Case("days below 0", "stale-after-days: 30", "stale-after-days: -1", "-1", "a whole number, 0 or more"),
    Case("days with a fraction", "stale-after-days: 30", "stale-after-days: 1.5", "1.5", "a whole number, 0 or more"),
    Case("latest is a text", "latest: [updated_at, created_at]", "latest: updated_at", "latest", "expected a list of paths"),
    Case("values not declared", "- allowed-values: orders.state", "- allowed-values: orders.stat", "orders.stat", "declares no values", "orders.state", structural=False),
    Case("one type with two severities", "finding: NO_ID", "finding: SAME_ID", "- missing-key: bills", "is a critical finding of duplicate-key", structural=False),
    Case("checks are a mapping", "checks:\n      - stale-state: orders", "checks: {}\n    actions: [Look]\n    total: {t: {count: all}}\n  more:\n    checks:\n      - stale-state: orders", "checks: {}", "expected a list of checks"),
]  # fmt: skip

REPORTS = [
    _typo("report key", "    document: LINKS\n", "documnt", "document", "not part of the report links"),
    _typo("cadence", "cadence: monthly", "montly", "monthly", "is no cadence"),
    Case("document twice", "document: MONEY", "document: LINKS", "document: LINKS\n    checks:\n      - double", "belongs to the report of line", structural=False),
    Case("document with a slash", "document: MONEY", "document: ../MONEY", "../MONEY", "cannot be the name of a document"),
    Case("report with a dot", "\n  people:", "\n  peo.ple:", "peo.ple", "cannot be the name of a report"),
    Case("report is empty", "\nreports:", "\nreports: {}\nother:", "reports: {}", "at least one report"),
    Case("total with two figures", "total: {total_links: {count: all}}", "total: {a: {count: all}, b: {count: all}}", "total", "expected one figure"),
    Case("total is a sum", "{total_money: {count: all}}", "{total_money: {sum: count, of: TWICE}}", "total_money", "must be a count"),
    Case("total missing", "    total: {total_money: {count: all}}\n", "", "title: Money", "needs 'total'"),
    Case("figure called as the total", "twice: {count: TWICE}", "total_money: {count: TWICE}", "total_money: {count: T", "is called 'total_money' already", structural=False),
    _typo("figure form", "twice: {count: TWICE}", "cont", "count", "nothing that a figure can be"),
    Case("figure of two forms", "twice: {count: TWICE}", "twice: {count: TWICE, documents: orders}", "twice:", "cannot be both"),
    Case("figure is a text", "twice: {count: TWICE}", "twice: TWICE", "twice:", "expected a mapping"),
    _typo("figure key", "of: ORDER_NO_CUSTOMER, unless", "unles", "unless", "not part of the figure lost"),
    _typo("count type", "twice: {count: TWICE}", "TWISE", "TWICE", "no finding type of this report", structural=False),
    Case("count type of another report", "twice: {count: TWICE}", "twice: {count: NO_ID}", "NO_ID", "no finding type of this report", structural=False),
    Case("count type twice", "[ORDER_NO_CUSTOMER, CUSTOMER_NO_LOGIN]", "[ORDER_NO_CUSTOMER, ORDER_NO_CUSTOMER]", "without", "in this list twice"),
    _typo("sum field", "lost: {sum: amount", "amont", "amount", "have no field", structural=False),
    _typo("where field", "unless: {order_state: sent}}", "order_stte", "order_state", "have no field", structural=False),
    _typo("documents", "{documents: customers, where", "custmers", "customers", "no declared collection", structural=False),
    Case("documents lack where", ", where: {customer_id: null}, by", ", by", "states", "needs 'where'"),
    Case("by through an array", "by: state}", "by: 'items[].x'}", "by", "goes through an array"),
    _typo("through", "through: [bills.customer_id]", "bills.custmer_id", "bills.customer_id", "not declared", structural=False),
    Case("through leads elsewhere", "through: [bills.customer_id]", "through: [orders.customer_id]", "through", "expected a reference of bills", structural=False),
    Case("unmatched elsewhere", "unmatched: customers.login_id", "unmatched: orders.customer_id", "unmatched", "expected a reference of customers", structural=False),
    _typo("undated", "{undated: monthly}", "montly", "monthly", "no declared reconciliation", structural=False),
    Case("action is a mapping", "      - Look\n", "      - Look: here\n", "Look: here", "'Look' is not part of an action item"),
    Case("action done by nobody", "      - Look\n", "      - {}\n", "- {}", "an action item needs 'done'"),
    Case("action done is a list", "      - Look\n", "      - done: [Look]\n", "done: [Look]", "found a list"),
    Case("action done twice", "      - Mend\n", "      - done: Look\n", "- done: Look", "in this list twice", structural=False),
    Case("actions twice", "      - Mend\n", "      - Look\n", "- Look\n\n", "in this list twice"),
]  # fmt: skip

SYNTAX = [
    Case("figure twice", "undated: {undated", "twice: {undated", "twice: {und", "is given twice", structural=False),
    Case("key twice", "currency: EUR\n", "currency: EUR\nname: again\n", "name: again", "'name' is given twice", structural=False),
    Case("tab", "    title: Money", "\ttitle: Money", "\ttitle", "a tab stands where YAML wants spaces", structural=False),
    Case("bracket open", "[updated_at, created_at]", "[updated_at, created_at", "action: Merge", "this is not YAML", structural=False),
    Case("colon in a text", "title: Money", "title: Money: all of it", "all of it", "mapping values are not allowed", structural=False),
    Case("tag", "title: Money", "title: !!python/name:os.system Money", "title", "tags (!) mean nothing", structural=False),
    Case("merge key", "products: {key: sku.code}", "products: {<<: {key: id}}", "<<", "'<<' is not part of", structural=False),
    Case("unknown alias", "title: Money", "title: *name", "*name", "stands for nothing", structural=False),
    Case("alias to itself", "title: Money", "title: &a [*a]", "*a", "stands for nothing", structural=False),
    Case("second document", "reports:\n", "---\nreports:\n", "reports:", "a second document begins", structural=False),
    Case("list as a key", "title: Money", "? [a, b]\n    : Money", "[a, b]", "must be a text", structural=False),
    Case("half a character", "title: Money", 'title: "\\ud800"', "title", "half a character", structural=False),
]  # fmt: skip

CASES = [*TOP, *DECLARED, *CHECKS, *REPORTS, *SYNTAX]
