from intact.model.types import Kind, Option, OptionType, TargetType

KIND = Kind(
    "allowed-values",
    TargetType.LINK,
    options={
            "values": Option(OptionType.VALUES, "The allowed texts; by default those that the collection declares for the path."),
            "unless": Option(OptionType.CONDITIONS, "Leaves out documents for which all of these hold."),
    },
    fields=('suggestion', 'case_only'),
)
