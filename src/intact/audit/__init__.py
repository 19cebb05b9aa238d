"""The run: options, reading, evaluation, looking again, and the doctor, which says beforehand what a run would meet.

In come a source, a model and options; out goes a :class:`~intact.findings.records.Report`. It may use every wing to
its left, and the ledger: what was accepted or found before is part of what a run says. It knows no form of report.
"""
