"""Faults of billing: bills without a subscription, twice, of a wrong amount, or not at all."""

from __future__ import annotations

from tests.sample_data.documents import write_period
from tests.sample_data.household import ActivePeriod, Household
from tests.sample_data.values import NEAR, Document, amount


def no_subscription(home: Household, turn: int) -> None:
    """Plant BILLING_NO_SUBSCRIPTION: a bill that names no subscription, or one that is not there."""
    subscription = home.subscription(home.person(), home.run.month.plus(-2).first)
    bill = home.bill(
        subscription, home.run.month.plus(-home.rng.randint(1, 6)), home.rng.randint(4_000, 400_000)
    )
    way = turn % (len(NEAR) + 3)
    if way < len(NEAR):
        bill["subscription_id"] = NEAR[way](subscription.id, home.rng)
    else:
        bill["subscription_id"] = (None, "", None)[way - len(NEAR)]
    if way == len(NEAR) + 2:
        del bill["subscription_id"]
    home.expect("BILLING_NO_SUBSCRIPTION", "billing_records", bill)


def double(home: Household, turn: int) -> None:
    """Plant DOUBLE_BILLING: a bill again, in halves, thrice, in the running month, or without an order."""
    double_group(home, turn)


def double_group(home: Household, turn: int) -> list[Document]:
    """Plant a period with several bills and give them."""
    way = turn % 7
    if way == 4:
        period = home.running()
        amounts = [max(period.paise, 30_000)] * 2
    elif way == 5:
        subscription = home.subscription(home.person(), home.run.month.plus(-3).first)
        period, amounts = ActivePeriod(subscription, home.run.month.plus(-2)), [45_050, 12_025]
    else:
        period = home.ended(billed=False)
        for order in period.orders:
            order["billed"] = True
        whole = period.paise
        amounts = ([whole] * 2, [whole // 2, whole - whole // 2], [whole, whole + 7_525], [whole] * 3)[
            way % 4
        ]
    bills = [home.bill(period.subscription, period.month, paise) for paise in amounts]
    style = ("date", "month", "moment", "day")[turn % 4]
    write_period(bills[-1], period.month, style)
    home.expect("DOUBLE_BILLING", "billing_records", *bills, **_period(period))
    return bills


def mismatch(home: Household, turn: int) -> None:
    """Plant BILLING_AMOUNT_MISMATCH: too much, too little, an order cancelled later, or nothing delivered."""
    ways = (_too_much, _too_little, _cancelled_later, _some_paise_off, _nothing_delivered)
    period = ways[turn % len(ways)](home)
    home.expect("BILLING_AMOUNT_MISMATCH", "billing_records", bill_of(period), **_period(period))


def _too_much(home: Household) -> ActivePeriod:
    period = home.ended()
    bill_of(period)["total_amount"] = amount(period.paise + period.delivered[0][1].paise, "double")
    return period


def _too_little(home: Household) -> ActivePeriod:
    period = home.ended()
    bill_of(period)["total_amount"] = amount(period.paise - period.delivered[0][1].paise, "double")
    return period


def _some_paise_off(home: Household) -> ActivePeriod:
    period = home.ended()
    bill_of(period)["total_amount"] = amount(period.paise + 5, "decimal")
    return period


def _cancelled_later(home: Household) -> ActivePeriod:
    period = home.ended()
    order, _ = period.delivered[-1]
    order["status"] = "cancelled"
    delivery = next(made for made in period.deliveries if made["order_id"] == order["id"])
    delivery |= {"status": "not_delivered", "confirmed_at": None, "confirmed_by": None}
    return period


def _nothing_delivered(home: Household) -> ActivePeriod:
    """Bill an ended month in which there is no order."""
    subscription = home.subscription(home.person(), home.run.month.plus(-4).first)
    period = ActivePeriod(subscription, home.run.month.plus(-home.rng.randint(1, 3)))
    period.bill = home.bill(subscription, period.month, home.rng.randint(20_000, 90_000))
    return period


def unbilled(home: Household, turn: int) -> None:
    """Plant UNBILLED_PERIOD: delivered orders of an ended month without a bill, in turns marked as billed."""
    period = home.ended(billed=False)
    unbill(period, turn)
    orders = [order for order, _ in period.delivered]
    home.expect("UNBILLED_PERIOD", "orders", *orders, **_period(period))


def unbill(period: ActivePeriod, turn: int) -> None:
    """Mark the orders of a period: none, all or every other one as billed, or none of them at all."""
    for index, (order, _) in enumerate(period.delivered):
        order["billed"] = (False, True, index % 2 == 0, False)[turn % 4]
        if turn % 4 == 3:
            del order["billed"]


def bill_of(period: ActivePeriod) -> Document:
    """Give the bill of a period that has one."""
    if period.bill is None:
        raise ValueError("the period was made without a bill")
    return period.bill


def _period(period: ActivePeriod) -> dict[str, str]:
    return {"subscription_id": period.subscription.id, "period": period.month.text}
