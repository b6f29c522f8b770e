"""Answers calls of a spec: one JSON object per line, on standard input and output."""

import json
import sys
import traceback


def serve(**functions):
    """Calls the functions by name until the input ends. What they print goes to standard error."""
    answers, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        call = json.loads(line)
        try:
            answer = {"result": functions[call["name"]](*call["args"])}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}\n{traceback.format_exc()}"}
        print(json.dumps(answer), file=answers, flush=True)
