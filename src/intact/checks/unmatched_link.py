from intact.model.types import Kind, Option, OptionType, TargetType

KIND = Kind(
    "unmatched-link",
    TargetType.REFERENCE,
    options={
            "where": Option(OptionType.CONDITIONS, "Only documents for which these conditions hold."),
            "unless": Option(OptionType.CONDITIONS, "Leaves out documents for which all of these hold."),
            "show": Option(OptionType.SHOW, "Values to show: name in the finding, and path."),
            "amount": Option(OptionType.PATH, "The amount at stake; a path through an array is summed."),
    },
    fields=('amount', 'amount_complete'),
)
