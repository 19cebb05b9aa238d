from intact.model.types import Kind, Option, OptionType, TargetType

KIND = Kind("missing-key", TargetType.COLLECTIONS, fields=('collection', 'document_id'))
