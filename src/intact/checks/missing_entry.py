from intact.model.types import Kind, Option, OptionType, TargetType

KIND = Kind(
    "missing-entry",
    TargetType.RECONCILIATION,
    options={
            "ids": Option(OptionType.TEXT, "What the finding calls the list of ids.", required=True),
    },
    fields=('period', 'calculated', 'delivered_orders', 'orders_marked_billed'),
)
