"""Audits of databases that are written to, and of servers that fail in the middle."""
