"""Servers that tests read from: mongo-java-server, a scripted one, and a real MongoDB where there is one."""
