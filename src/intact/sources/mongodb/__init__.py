"""The source that is a server: one reader of it, its pace, snapshots, retries, survey and addresses.

In comes a URI or a driver's handle; out go blocks of whole BSON documents and what could not be read. It may use the
core and :mod:`intact.sources.base`, and sends nothing but the commands of :mod:`intact.sources.mongodb.commands`.
"""
