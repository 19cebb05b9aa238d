"""Faults of the links between customers and users: missing, leading nowhere, or not returned."""

from __future__ import annotations

from datetime import timedelta

from tests.sample_data.household import Household
from tests.sample_data.values import NEAR


def no_login(home: Household, turn: int) -> None:
    """Plant CUSTOMER_NO_LOGIN: a customer without a user, who may have been a subscriber."""
    variant = turn % 4
    if variant == 1:
        person = home.ended().subscription.person
        home.documents["subscriptions_v2"][-1]["status"] = "stopped"
        home.remove("users", person.user)
        del person.customer["user_id"]
    elif variant == 3:
        person = home.person()  # the user still points at the customer, who does not point back
        person.customer["user_id"] = None
    else:
        person = home.customer_alone()
        if variant == 2:
            home.subscription(person, home.run.today, "draft")
    home.expect("CUSTOMER_NO_LOGIN", "customers_v2", person.customer)


def no_login_active(home: Household, turn: int) -> None:
    """Plant CUSTOMER_NO_LOGIN_WITH_ACTIVE_SUBSCRIPTIONS, which comes with CUSTOMER_NO_LOGIN."""
    person = home.customer_alone()
    for status in (("active",), ("paused",), ("active", "paused", "stopped"))[turn % 3]:
        home.subscription(person, home.run.today - timedelta(days=home.rng.randint(20, 300)), status)
    home.expect("CUSTOMER_NO_LOGIN", "customers_v2", person.customer)
    home.expect("CUSTOMER_NO_LOGIN_WITH_ACTIVE_SUBSCRIPTIONS", "customers_v2", person.customer)


def no_customer(home: Household, turn: int) -> None:
    """Plant USER_NO_CUSTOMER: a user without a customer record, in turns one of the staff."""
    user = home.user_alone()
    user["role"] = ("customer", "delivery_boy", "admin")[turn % 3]
    home.expect("USER_NO_CUSTOMER", "users", user)


def user_not_found(home: Household, turn: int) -> None:
    """Plant CUSTOMER_USER_NOT_FOUND: a customer whose user is lost, or has its id written differently."""
    owner = home.person()
    reference = NEAR[turn % len(NEAR)](str(owner.user["id"]), home.rng)
    customer = home.customer_alone(reference).customer
    home.expect("CUSTOMER_USER_NOT_FOUND", "customers_v2", customer, user_id=reference)


def customer_not_found(home: Household, turn: int) -> None:
    """Plant USER_CUSTOMER_NOT_FOUND: a user whose customer is lost, or has its id written differently."""
    owner = home.person()
    reference = NEAR[turn % len(NEAR)](owner.customer_id, home.rng)
    user = home.user_alone(reference)
    home.expect("USER_CUSTOMER_NOT_FOUND", "users", user, customer_v2_id=reference)


def mismatch(home: Household, turn: int) -> None:
    """Plant CUSTOMER_USER_LINK_MISMATCH: a second customer of a user, or a second user of a customer."""
    owner = home.person()
    if turn % 2 == 0:
        customer, user = home.customer_alone(owner.user["id"]).customer, owner.user
        pointing = ("customers_v2", customer)
    else:
        customer, user = owner.customer, home.user_alone(owner.customer["id"])
        pointing = ("users", user)
    home.expect("CUSTOMER_USER_LINK_MISMATCH", *pointing, customer_id=customer["id"], user_id=user["id"])
