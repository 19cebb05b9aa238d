from intact.model.types import Kind, Option, OptionType, TargetType

KIND = Kind("duplicate-key", TargetType.COLLECTIONS, fields=('id', 'count', 'collection'))
