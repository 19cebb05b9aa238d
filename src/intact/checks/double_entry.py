from intact.model.types import Kind, Option, OptionType, TargetType

KIND = Kind(
    "double-entry",
    TargetType.RECONCILIATION,
    options={
            "ids": Option(OptionType.TEXT, "What the finding calls the list of ids.", required=True),
    },
    fields=('period', 'count', 'total_billed', 'total_overcharge', 'calculated', 'difference', 'delivered_orders'),
)
