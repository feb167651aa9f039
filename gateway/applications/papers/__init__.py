"""The paper desk of the case room: what is issued to people on paper, each a record that no longer changes.

Contents are pure (handler.py, window.py, advice.py) and are fixed in the transaction of the deed that issues them
(book.py). Printing is another matter: the press makes a PDF of a content, a page shows the same content as HTML, and
both say that no electronic seal is on it. Nothing is issued here in another county's name.
"""
