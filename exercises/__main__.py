import sys

from exercises.tools.commands import main

sys.exit(main())
