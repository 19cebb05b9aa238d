from intact.model.types import Kind, Option, OptionType, TargetType

KIND = Kind(
    "link-mismatch",
    TargetType.REFERENCE,
    options={
            "back": Option(OptionType.REFERENCE, "The reference that should lead back.", required=True),
    },
    fields=(),
)
