"""What the applicant is told about personal data (个人信息保护法 17, 23, 29, 30): told, never asked to agree to."""

from gateway.web.forms import Notice

VERSION = "2026-01"


def privacy(home: str, handler: str, phones: str) -> Notice:
    """The notice for a case that `home` receives and `handler` decides; `phones` as the list names the windows."""
    return Notice(
        VERSION,
        (
            f"处理者：{home}政务服务中心跨域通办窗口（收件地）。本件将转送{handler}（业务属地）的受理部门，由其审核、决定并保存办件档案。",
            f"联系方式：{phones}。",
            "处理目的：接收、转送和办理您申请的事项，告知进度，送达结果。不用于其他目的。",
            "处理的信息：姓名、证件类型与号码、联系电话、地址、申请表所填内容和您提交的材料。",
            "敏感个人信息：证件号码，以及申请事项必需的健康、残疾、金融账户、不满十四周岁未成年人等信息。这些信息一旦泄露可能影响您的人身、财产安全，仅在办理本事项所必需时处理，加密保存，查看留痕。",
            f"提供给他人：除向{handler}的办理部门提供外，不向其他单位或个人提供，法律、行政法规另有规定的除外。",
            "保存期限：按政务服务档案的法定期限保存，到期销毁。",
            "您的权利：可凭收件凭证查阅、复制、更正您的个人信息，要求说明处理规则；有异议的，可向收件窗口或 12345 反映。",
            "不提供必要信息的，无法办理本事项。",
        ),
    )
