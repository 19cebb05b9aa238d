"""What is remembered from run to run: the history of findings, and the baseline of those that were accepted.

In come findings; out goes of each whether it is new, came back, persists, was resolved, or is accepted. It may use
findings, the engine, the model's records and the core; runs use it, and what people operate reads it.
"""
