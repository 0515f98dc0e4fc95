"""A container's health check: exit code 0 when an address on this container answers 200.

Use: healthy.py URL [NAME OF THE SETTING WITH THE PUBLIC ADDRESS]

A door answers only to its own host name, so the check says that name as a visitor's browser does.
"""

import os
import sys
import urllib.request
from urllib.parse import urlsplit

url = sys.argv[1]
known_as = urlsplit(os.environ.get(sys.argv[2], url) if len(sys.argv) > 2 else url).netloc
request = urllib.request.Request(url, headers={"Host": known_as})
with urllib.request.urlopen(request, timeout=3) as answer:
    sys.exit(answer.status != 200)
