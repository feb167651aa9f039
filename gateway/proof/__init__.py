"""The reading desk: checks a case's evidence as a third party would, from the package alone.

No database, no network, no settings and no data folder: values go in, findings come out, and the only file that is
opened is the one that is checked. What the package says of itself is a claim until a signature or a digest bears it
out. The room knows the couriers' signatures, the library's canonical text, the post room's envelope and the Merkle
trees of the audit; it knows nothing of how a package is made. Only the command line uses it.
"""
