"""Sources that are files: dumps as directories, archives, tar files and single files, BSON and Extended JSON.

In come paths or a stream; out go blocks of whole BSON documents and what could not be read. It may use the core and
:mod:`intact.sources.base`.
"""
