"""Data that travel with the package, so that a lesson runs from an empty folder without a network.

``doctor_visits.csv``: outpatient visits of 1,968 people to a doctor, year after year, in the RAND Health
Insurance Experiment (United States, 1974 to 1982), in which families were assigned to insurance plans at
random. Taken from the file that statsmodels ships (``statsmodels/datasets/randhie/src/randhie.csv``), whose
data module says: "This is in the public domain." It names as its source the RAND corporation, by way of the
files for Cameron and Trivedi, Microeconometrics (2005).

What was kept: every third person (the distinct identifiers in ascending order: the first, the fourth, …),
complete years only (time eligible = 1), eleven columns, and a running number in place of the identifier.
No random choice; `tests/unit/test_doctor_visits.py` makes the file again from statsmodels' and compares the
bytes.

======== ============ =========================================================================
column   in source    meaning
======== ============ =========================================================================
person   zper         running number of the person, rows of one person are neighbors
year     year         study year, 1 to 5
visits   mdvis        face-to-face visits to a doctor (MD) in that year
coins    coins        coinsurance, percent of the bill that the family pays
idp      idp          1 on an individual deductible plan
age      xage         age that year, years
female   female       1 for women and girls
child    child        1 for children
chronic  disea        chronic conditions at baseline; called a count, but not an integer (0 to 58.6)
physlm   physlm       1 with physical limitations at baseline; a fraction where it was imputed
health   hlthg/f/p    self-rated: 0 excellent, 1 good, 2 fair, 3 poor
family   num          number of people in the family
======== ============ =========================================================================
"""

from hashlib import sha256
from importlib.resources import files

import numpy as np

from ..errors import DataError

SHA256 = {"doctor_visits.csv": "f1296af572674f731900f7f0269848bd28892d2dc6e3cb8543ad88ef599afadd"}


def doctor_visits():
    """The doctor visits as {column: array of floats}, one entry per person and year.

    Raises DataError when the file is not the one this version of the package was made with.
    """
    return _columns("doctor_visits.csv")


def _columns(name):
    content = files(__package__).joinpath(name).read_bytes()
    found = sha256(content).hexdigest()
    if found != SHA256[name]:
        raise DataError(f"{name} was changed: its SHA-256 is {found}, not {SHA256[name]}; reinstall mlecore")
    header, *rows = content.decode("ascii").splitlines()
    values = np.array([row.split(",") for row in rows], dtype=float)
    return dict(zip(header.split(","), values.T.copy(), strict=True))
