"""Faults planted into the code of bookings, one at a time; the tests named beside each must see it.

    python -m mutants              all of them, in copies of the tree; ends with 1 if one survives
    python -m mutants --only lock  those whose description holds the word

Never in place. A fault whose old text is no longer there is an error as well: renew it, so that it goes on being tried.
"""
