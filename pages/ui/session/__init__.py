"""Who is here, what is open and how it is set: the only users of session state, cookies and the address."""
