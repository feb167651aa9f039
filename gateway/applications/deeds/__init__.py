"""Deeds: one file each, a pure plan from (case, who, body, now).

The same deed stands behind page, API and desk. A deed checks what only it knows; whether it is possible in the case's
state stands in the lifecycle, and whether the person may do it is the door's business.
"""
