"""The vocabulary of the sample business: people, places and products, all invented."""

from __future__ import annotations

from typing import Final, NamedTuple


class Product(NamedTuple):
    """One line of the price list."""

    code: str
    name: str
    unit: str
    paise: int
    """Price of one unit in paise (hundredths of a rupee)."""


MILK: Final = (
    Product("MLK-COW-500", "Cow Milk", "500 ml", 2850),
    Product("MLK-TON-1L", "Toned Milk", "1 l", 5690),
    Product("MLK-BUF-500", "Buffalo Milk", "500 ml", 3735),
    Product("MLK-A2-1L", "A2 Milk", "1 l", 9910),
    Product("MLK-SLM-500", "Slim Milk", "500 ml", 2600),
)

EXTRAS: Final = (
    Product("CRD-400", "Curd", "400 g", 4025),
    Product("PNR-200", "Paneer", "200 g", 8999),
    Product("GHE-200", "Ghee", "200 ml", 18950),
    Product("BTM-500", "Buttermilk", "500 ml", 1899),
    Product("EGG-6", "Eggs", "6 pcs", 6400),
    Product("BTR-100", "Butter", "100 g", 5805),
    Product("BRD-400", "Brown Bread", "400 g", 4500),
)

FIRST_NAMES: Final = (
    "Aarav", "Aditi", "Amit", "Ananya", "Anil", "Asha", "Bhavna", "Deepak", "Divya", "Farhan",
    "Gauri", "Harish", "Imran", "Ishita", "Jaya", "Karan", "Kavya", "Lakshmi", "Manoj", "Meera",
    "Mohan", "Naina", "Nikhil", "Pooja", "Pranav", "Priya", "Rahul", "Ravi", "Rekha", "Rohan",
    "Sana", "Sanjay", "Shreya", "Sunil", "Tara", "Usha", "Varun", "Vidya", "Vikram", "Zoya",
)  # fmt: skip

LAST_NAMES: Final = (
    "Agarwal", "Bansal", "Bhat", "Chandra", "Chopra", "Das", "Desai", "Dutta", "Fernandes", "Ghosh",
    "Gupta", "Iyer", "Jain", "Joshi", "Kapoor", "Khan", "Kulkarni", "Kumar", "Mehta", "Menon",
    "Mishra", "Nair", "Naidu", "Pandey", "Patel", "Pillai", "Rao", "Reddy", "Saxena", "Shah",
    "Sharma", "Shetty", "Singh", "Sinha", "Thomas", "Verma",
)  # fmt: skip

AREAS: Final = (
    ("Indiranagar", "560038"), ("Jayanagar", "560041"), ("Koramangala", "560034"), ("Malleswaram", "560003"),
    ("Whitefield", "560066"), ("HSR Layout", "560102"), ("Basavanagudi", "560004"), ("Hebbal", "560024"),
    ("Rajajinagar", "560010"), ("Yelahanka", "560064"),
)  # fmt: skip

STREETS: Final = (
    "1st Cross",
    "3rd Main",
    "Temple Road",
    "Lake View Street",
    "Market Road",
    "Park Avenue",
    "Church Lane",
)

NOTES: Final = (
    "Ring the bell",
    "Leave at the gate",
    "Hand to security",
    "No plastic bags",
    "Call on arrival",
    "Dog!",
)

SLOTS: Final = ("05:30-06:30", "06:30-07:30", "07:30-08:30")

MAIL_HOSTS: Final = ("example.com", "example.org", "example.net", "mail.example.com")
