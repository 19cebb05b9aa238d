from intact.model.types import Kind, Option, OptionType, TargetType

KIND = Kind("unreconciled-amount", TargetType.RECONCILIATION, fields=('period', 'billed', 'calculated', 'difference', 'delivered_orders'))
