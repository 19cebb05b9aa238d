from intact.model.types import Kind, Option, OptionType, TargetType

KIND = Kind(
    "dangling-reference",
    TargetType.REFERENCE,
    options={
            "where": Option(OptionType.CONDITIONS, "Only documents for which these conditions hold."),
            "unless": Option(OptionType.CONDITIONS, "Leaves out documents for which all of these hold."),
            "show": Option(OptionType.SHOW, "Values to show: name in the finding, and path."),
    },
    fields=(),
)
