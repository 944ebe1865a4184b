"""Kernel specification of a page: always the interpreter that serves it."""

from __future__ import annotations

import sys
from typing import Any

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager, NoSuchKernel

from miri_widgets.serve.warm_kernels import PROVISIONER

__all__ = ["OwnKernelSpecManager"]

_NAME = "python3"


class OwnKernelSpecManager(KernelSpecManager):
    """
    Offers a single kernel: this interpreter.

    A ``python3`` kernel that a user once installed in another environment would win
    over ours and lack this package. History is off: it is one more file in the home folder,
    locked by every kernel, and a page has no prompt.
    """

    forked = False
    """Whether kernels are forked; see `miri_widgets.serve.warm_kernels`."""

    def find_kernel_specs(self) -> dict[str, str]:
        """
        Return the name of the kernel; it has no folder.

        Returns
        -------
        dict of str to str
            An empty folder by kernel name.
        """
        return {_NAME: ""}

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """
        Return the kernel of this interpreter.

        Parameters
        ----------
        kernel_name : str
            Must be ``python3``.

        Returns
        -------
        KernelSpec
            The specification.
        """
        if kernel_name != _NAME:
            raise NoSuchKernel(kernel_name)
        return KernelSpec(
            argv=[
                sys.executable,
                "-P",
                "-m",
                "miri_widgets.serve.page_ipykernel",
                "-f",
                "{connection_file}",
                "--HistoryManager.enabled=False",
            ],
            display_name="Python 3",
            language="python",
            metadata={
                "debugger": False,
                **({"kernel_provisioner": {"provisioner_name": PROVISIONER}} if self.forked else {}),
            },
        )

    def get_all_specs(self) -> dict[str, Any]:
        """
        Return the description of the kernel by name.

        Returns
        -------
        dict
            Folder and specification by kernel name.
        """
        return {_NAME: {"resource_dir": "", "spec": self.get_kernel_spec(_NAME).to_dict()}}
