"""What makes audits something that people operate: alerts, the schedule, the folder of runs, the web server.

In come finished reports and what the ledger remembers; out go messages, jobs, folders and pages. It may use the wings
to its left; only the command line uses it.
"""
