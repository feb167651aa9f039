"""The command line: one table of commands, each with its arguments and the function that carries it out.

Exit codes: 0 done, 1 findings or a failed check, 2 wrong use. Results go to stdout (`--json`: one JSON value), messages
to stderr.
"""

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from gateway import database, postgresql, settings
from gateway.commands import (
    answers,
    broker,
    calendar,
    clients,
    front,
    keeping,
    list_files,
    lists,
    partners,
    post,
    run,
    users,
    verify,
)
from gateway.commands.later import not_yet

Flag = tuple[tuple[str, ...], dict[str, Any]]


@dataclass(frozen=True)
class Command:
    """A row of the table: `name` may have two words; `run` gets the parsed arguments and returns the exit code."""

    name: str
    run: Callable[[Namespace], int]
    says: str
    flags: tuple[Flag, ...] = ()


def _flag(*names: str, **options: Any) -> Flag:
    return names, options


def _number(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not (text.isascii() and text.isdigit() and low <= int(text) <= high):
            raise ArgumentTypeError(f"'{text}' 不是 {low} 至 {high} 的整数 (a whole number from {low} to {high})")
        return int(text)

    return parse


def _code(text: str) -> str:
    if not (text.isascii() and text.isdigit() and len(text) == 6):
        raise ArgumentTypeError(f"'{text}' 不是六位地区代码 (a six-digit GB/T 2260 code)")
    return text


def _code_or_all(text: str) -> str:
    return text if text == "all" else _code(text)


JSON = _flag("--json", action="store_true", help="以一个 JSON 值输出")
CODE = _flag("code", type=_code, metavar="CODE", help="协作地区的六位代码")
JWKS = _flag("--jwks", metavar="FILE", help="对方公钥文件")
PORT = _flag("--port", type=_number(1, 65535), default=8080)

_EXIT = (
    _flag("id", nargs="+", metavar="ID", help="post list 列出的编号"),
    _flag("--by", required=True, metavar="NAME", help="处理人的用户名或姓名"),
    _flag("--dry-run", action="store_true", help="只看会怎样，不改动"),
    JSON,
)

COMMANDS = (
    Command(
        "demo",
        run.demo,
        "用样例数据和模拟的协作地区试用",
        (
            PORT,
            _flag("--data", default="var/demo", metavar="DIR", help="数据目录"),
            _flag(
                "--simulate",
                type=run.simulated,
                default="all",
                metavar="all|none|CODE,CODE",
                help="由本程序模拟哪些地区",
            ),
        ),
    ),
    Command(
        "serve",
        run.serve,
        "运行网页、接口与后台任务",
        (
            _flag("--host", default="127.0.0.1"),
            PORT,
            _flag("--workers", type=_number(1, 64), default=1),
            _flag("--no-loops", action="store_true", help="不运行后台任务"),
        ),
    ),
    Command(
        "front",
        front.front,
        "运行公众查询进度的网页：单独的程序，没有数据库和密钥",
        (
            _flag("--gateway", type=front.address, required=True, metavar="URL", help="通办的地址"),
            _flag("--client", required=True, metavar="FILE", help="clients add … --scopes progress --json 的输出"),
            _flag("--host", default="127.0.0.1"),
            _flag("--port", type=_number(1, 65535), default=8090),
            _flag(
                "--trusted-proxies",
                type=front.networks,
                default="127.0.0.0/8,::1/128",
                metavar="CIDR,CIDR",
                help="哪些网段来的 X-Forwarded-For 可信",
            ),
            _flag("--name", default="政务服务", metavar="TEXT", help="页面上方的名称"),
            _flag("--phone", default="", metavar="TEXT", help="收件窗口的电话"),
        ),
    ),
    Command("work", run.work, "只运行后台任务"),
    Command("migrate", run.migrate, "建立或升级数据库"),
    Command(
        "topology",
        broker.declare,
        "声明消息代理上的虚拟主机、队列、用户与权限",
        (_flag("--print", action="store_true", help="只输出定义文件（JSON），不连接消息代理"),),
    ),
    Command(
        "simulate",
        run.simulate,
        "模拟一个协作地区的系统",
        (
            _flag(
                "--partner", type=_code_or_all, required=True, metavar="CODE", help="六位代码；all 为配置文件里的全部"
            ),
            _flag("--config", required=True, metavar="FILE", help="模拟器的配置文件"),
        ),
    ),
    Command(
        "lists check",
        list_files.check,
        "检查清单文件，逐格列出问题，不改动任何东西",
        (
            _flag("file", metavar="FILE"),
            _flag("--agreement", metavar="ID", help="另按协议约定的行数、成员和现行清单检查"),
            _flag("--marked", metavar="OUT.xlsx", help="写出标注了问题的工作簿"),
            JSON,
        ),
    ),
    Command(
        "lists import",
        lists.load,
        "检查清单文件；加 --apply 后立即生效",
        (
            _flag("file", metavar="FILE"),
            _flag("--agreement", required=True, metavar="ID"),
            _flag("--apply", action="store_true", help="生效；不加则只检查"),
            _flag("--name", metavar="TEXT", help="协议名称，首次导入时用"),
            _flag("--codes", metavar="FILE.csv", help="城市群各成员的编码表"),
        ),
    ),
    Command(
        "lists export",
        list_files.export,
        "导出清单",
        (
            _flag("id", metavar="ID"),
            _flag("--version", type=_number(1, 10**6), metavar="N", help="不写则为现行版本"),
            _flag("--format", choices=list_files.FORMATS, help="不写则按文件名"),
            _flag("--out", required=True, metavar="F.xlsx|csv|json"),
        ),
    ),
    Command(
        "lists diff",
        list_files.diff,
        "比较一份协议的两个清单版本（ID A B），或两个清单文件（FILE FILE）",
        (
            _flag("first", metavar="ID|FILE"),
            _flag("a", metavar="A|FILE", help="版本号，或另一个文件"),
            _flag("b", nargs="?", metavar="B", help="版本号"),
            JSON,
        ),
    ),
    Command(
        "lists in-force",
        lists.in_force,
        "某一时刻有效的清单版本",
        (_flag("--at", type=lists.moment, required=True, metavar="TIME", help="如 2026-11-24T09:30:00+08:00"), JSON),
    ),
    Command(
        "partners connect",
        partners.connect_one,
        "接入一个协作地区，给出接入单",
        (
            CODE,
            _flag("--by", required=True, choices=("amqp", "webhook", "polling", "desk")),
            JWKS,
            _flag("--custodial", action="store_true", help="对方不能签名，由本地代为保管密钥并签名"),
            JSON,
        ),
    ),
    Command(
        "partners keys",
        partners.keys,
        "登记对方公钥",
        (CODE, _flag("--jwks", required=True, metavar="FILE", help="对方公钥文件")),
    ),
    Command("partners list", partners.list_all, "列出协作地区", (JSON,)),
    Command("partners rotate", partners.rotate, "更换密钥", (CODE, JWKS)),
    Command(
        "partners suspend",
        partners.suspend,
        "暂停一个协作地区，办件等待",
        (
            CODE,
            _flag("--until", type=lists.moment, metavar="TIME", help="到何时自动恢复"),
            _flag("--notice", required=True, metavar="TEXT", help="窗口看到的说明"),
        ),
    ),
    Command("partners resume", partners.resume, "恢复", (CODE,)),
    Command("partners remove", partners.remove, "移除", (CODE,)),
    Command(
        "post list",
        post.list_stuck,
        "列出投递异常",
        (
            _flag("--kind", choices=post.KINDS, help="搁置、暂存、隔离、冲突、未送达"),
            _flag("--partner", type=_code, metavar="CODE", help="只看一个协作地区"),
            JSON,
        ),
    ),
    Command(
        "post replay",
        post.replay,
        "重放搁置的报文",
        (*_EXIT, _flag("--reason", required=True, metavar="TEXT", help="理由")),
    ),
    Command(
        "post set-aside",
        post.set_aside,
        "按姓名搁置来报，或关闭去报",
        (*_EXIT, _flag("--reason", required=True, metavar="TEXT", help="理由，来报的会随回执告知对方")),
    ),
    Command(
        "post send-again", post.send_again, "原样再次发送", (*_EXIT, _flag("--reason", metavar="TEXT", help="理由"))
    ),
    Command(
        "post replace",
        post.replace,
        "更正对方搁置的去报，以同一序号再发",
        (
            *_EXIT,
            _flag("--data", required=True, metavar="FILE.json", help="更正后的 data"),
            _flag("--reason", required=True, metavar="TEXT", help="理由"),
        ),
    ),
    Command(
        "post settle",
        post.settle,
        "隔离或冲突的报文核对后办结",
        (*_EXIT, _flag("--reason", required=True, metavar="TEXT", help="核对结果")),
    ),
    Command("calendar load", calendar.load, "载入一年的工作日历", (_flag("file", metavar="FILE.csv"), JSON)),
    Command(
        "calendar due",
        calendar.due,
        "按工作日计算期限",
        (
            _flag("--from", dest="start", type=calendar.day, required=True, metavar="DATE", help="起始日，不计入"),
            _flag("--days", type=_number(0, 10**6), required=True, metavar="N", help="工作日数"),
            _flag(
                "--exclude",
                type=calendar.span,
                action="append",
                default=[],
                metavar="A..B",
                help="不计入的时段，可重复",
            ),
            JSON,
        ),
    ),
    Command(
        "users add",
        users.add,
        "添加一个人",
        (
            _flag("name", metavar="NAME", help="用户名"),
            _flag("--role", required=True, choices=users.ROLES),
            _flag("--full-name", metavar="姓名", help="不写则与用户名相同"),
            _flag("--jurisdiction", type=_code, metavar="CODE", help="所属地区，不写则为本地"),
            _flag("--department", metavar="部门"),
            _flag("--window", metavar="窗口"),
            JSON,
        ),
    ),
    Command(
        "users password",
        users.reset_password,
        "给一个人新的密码",
        (_flag("name", metavar="NAME", help="用户名"), JSON),
    ),
    Command(
        "clients add",
        clients.add,
        "添加本地的一个接口客户端，或给它新的密钥",
        (
            _flag("client_id", metavar="ID"),
            _flag("--scopes", default="applications", metavar="applications,agreements,events,progress"),
            JSON,
        ),
    ),
    Command(
        "conformance", not_yet, "检查协作地区的系统是否符合约定", (_flag("--partner", type=_code, required=True), JSON)
    ),
    Command(
        "verify",
        verify.verify,
        "核验一份证据包：不用数据库、网络和设置",
        (
            _flag("file", metavar="FILE"),
            _flag("--keys", metavar="FINGERPRINTS-FILE", help="协议所附的公钥指纹，每行“六位代码 指纹”"),
            _flag("--files", metavar="DIR", help="附件所在的文件夹，按摘要核对"),
            JSON,
        ),
    ),
    Command("backup", keeping.backup, "备份到一个文件，可在运行时执行", (_flag("--out", required=True, metavar="F"),)),
    Command("restore", keeping.restore, "从备份恢复到空的数据目录和空的库", (_flag("file", metavar="F"),)),
)


class _Parser(ArgumentParser):
    """argparse with the reason first and where to read on; exit 2 as agreed."""

    def error(self, message: str) -> NoReturn:
        self.exit(answers.WRONG_USE, f"用法有误 (wrong use): {message}\n{self.prog} --help 可查看用法\n")


def parser() -> ArgumentParser:
    """The whole command line as a parser."""
    top = _Parser(prog="main.py", description="通办：跨域办件协同 (Tongban)", allow_abbrev=False)
    groups = {"": top.add_subparsers(dest="command", metavar="COMMAND", required=True)}
    for command in COMMANDS:
        noun, _, deed = command.name.rpartition(" ")
        if noun not in groups:
            family = groups[""].add_parser(noun, help=f"{noun} …", allow_abbrev=False)
            groups[noun] = family.add_subparsers(dest="deed", metavar="COMMAND", required=True)
        one = groups[noun].add_parser(deed, help=command.says, description=command.says, allow_abbrev=False)
        for names, options in command.flags:
            one.add_argument(*names, **options)
        one.set_defaults(run=command.run, command=command.name)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Carry out one command; returns its exit code."""
    arguments = parser().parse_args(argv)
    try:
        return int(arguments.run(arguments))
    except database.NotMigrated as missing:
        answers.tell(f"数据库还没有本版本的表，请先执行 (first run) {missing}")
        return answers.WRONG_USE
    except postgresql.BadAddress as wrong_address:
        answers.tell(f"TONGBAN_DATABASE_URL: {wrong_address}")
        return answers.WRONG_USE
    except database.Unreachable as away:
        answers.tell(f"TONGBAN_DATABASE_URL：数据库连接不上 (the database cannot be reached): {away}")
        return answers.WRONG_USE
    except (answers.WrongUse, settings.BadSetting) as wrong:
        answers.tell(str(wrong))
        return answers.WRONG_USE
