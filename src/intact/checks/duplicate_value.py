from intact.model.types import Kind, Option, OptionType, TargetType

KIND = Kind(
    "duplicate-value",
    TargetType.LINK,
    options={
            "compare": Option(OptionType.CHOICE, "How values are compared: as phone numbers (E.164), as text without letter case and surrounding white space, or exactly.", required=True, choices=('phone', 'text', 'exact')),
            "unless": Option(OptionType.CONDITIONS, "Leaves out documents for which all of these hold."),
            "ids": Option(OptionType.TEXT, "What the finding calls the list of ids.", required=True),
            "list": Option(OptionType.SHOW, "Values to list, one a document: name in the finding, and path."),
            "latest": Option(OptionType.PATHS, "Dates that tell which document is the most recent; the first that a document has counts."),
            "action": Option(OptionType.TEXT, "What to do, in the finding."),
    },
    fields=('count', 'keep', 'exact'),
)
