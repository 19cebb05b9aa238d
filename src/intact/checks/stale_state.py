from intact.model.types import Kind, Option, OptionType, TargetType

KIND = Kind(
    "stale-state",
    TargetType.COLLECTION,
    options={
            "where": Option(OptionType.CONDITIONS, "The state that documents should have left.", required=True),
            "unless": Option(OptionType.CONDITIONS, "Leaves out documents for which all of these hold."),
            "since": Option(OptionType.PATH, "The date from which days_pending counts."),
            "stale-after-days": Option(OptionType.INTEGER, "Marks a finding as stale beyond so many days."),
            "show": Option(OptionType.SHOW, "Values to show: name in the finding, and path."),
    },
    fields=('days_pending', 'stale'),
)
