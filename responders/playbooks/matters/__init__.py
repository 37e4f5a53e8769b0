"""What posts name, one file a matter: how it is heard, and the words for it. Read by `load`.

A file has the form of a playbook. `playbook` names the one whose credit and notes apply, `topics`
the judge's topics that do not speak against it, `rank` which of two comes first; in each language
`hear` has phrases in the guard's notation (responders/guard/phrases), `public` and `private` the
texts. A matter without `hear` is only taken where the code names it.
"""
