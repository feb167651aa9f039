"""`backup` and `restore`: everything that the house holds, into one file and out of it again."""

from argparse import Namespace
from pathlib import Path

from gateway import serving, settings
from gateway.backup import archive, dumps, putting_back, taking
from gateway.commands import answers

REFUSALS = (archive.BadBackup, dumps.CannotDump, putting_back.NotEmpty, putting_back.WrongKeys)


def backup(arguments: Namespace) -> int:
    """Write the backup while the house works. 1 when the database cannot be copied, 2 for a place that cannot be written."""
    serving.private_files()
    configured, target = settings.read(), Path(arguments.out).absolute()
    if not target.parent.is_dir():
        raise answers.WrongUse(f"--out：没有 {target.parent} 这个目录 (no such folder)")
    try:
        contents = taking.take(configured, target)
    except dumps.CannotDump as why:
        answers.tell(f"{arguments.command}：{why}")
        return answers.FOUND
    except OSError as error:
        raise answers.WrongUse(f"--out：{target} 写不了 ({error.strerror})") from None
    files = len(contents.manifest["members"]) - 1
    answers.tell("密钥不在备份里，请另外保存 (the keys are not in the backup)")
    return answers.give_lines(
        [f"{target}：{contents.kind}，{files} 个附件，{target.stat().st_size} 字节", f"清单 {contents.sha256}"]
    )


def restore(arguments: Namespace) -> int:
    """Lay a backup down in an empty place; 1 when it is damaged, not of these keys, or the place is not empty."""
    serving.private_files()
    configured, source = settings.read(make_keys=False), Path(arguments.file).absolute()
    configured.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        contents = putting_back.put_back(configured, source)
    except REFUSALS as why:
        answers.tell(f"{arguments.command}：{why}")
        return answers.FOUND
    except OSError as error:
        raise answers.WrongUse(f"{error.filename or source}：{error.strerror}") from None
    answers.tell(
        "启动后向各协作地区要回此后的报文；当日办件编号从跳过的一段之后继续 (partners are asked for what came after)"
    )
    return answers.give_lines([f"已恢复到 {contents.manifest['at']}", f"清单 {contents.sha256}"])
