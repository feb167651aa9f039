"""The pages: what clerks, officers, coordinators and operators see in a browser.

Pages are drawn on the server and work, if plainly, without JavaScript. `rendering` is the drawing table (templates,
addresses of static files, filters); `forms` turns a form's JSON Schema into an entry form and back into a document;
`pages/` holds one module for each family of pages. A page reads, calls one deed of a lower room, and answers.
Imports go down only: `keys`, `applications`, `coordination`, `auth`, `attachments` and `matters_map`; never the API,
which is the other door, and never a table.
"""
