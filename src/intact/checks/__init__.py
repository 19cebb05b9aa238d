from intact.checks import allowed_values, dangling_reference, double_entry, duplicate_key, duplicate_value, link_mismatch, missing_entry, missing_key, missing_link, stale_state, unmatched_link, unreconciled_amount

KINDS = (missing_link.KIND, unmatched_link.KIND, dangling_reference.KIND, link_mismatch.KIND, stale_state.KIND, duplicate_value.KIND, duplicate_key.KIND, missing_key.KIND, allowed_values.KIND, double_entry.KIND, unreconciled_amount.KIND, missing_entry.KIND)
