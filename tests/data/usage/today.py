"""today.py DATE SCRIPT: runs SCRIPT, unchanged, on a day of our choice."""
import datetime
import runpy
import sys

DAY = datetime.date.fromisoformat(sys.argv[1])


class Date(datetime.date):
    @classmethod
    def today(cls):
        return cls(DAY.year, DAY.month, DAY.day)


datetime.date = Date
runpy.run_path(sys.argv[2], run_name="__main__")
