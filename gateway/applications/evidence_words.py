"""What a case's evidence proves and what it does not, in the words that stand in its manifest."""

PROVES = (
    {
        "zh": "messages/ 中每件报文都是签名时的原始字节。用 keys.jwks.json 中该地区的公钥验证同名 .jws"
        "（RFC 7797 分离签名，签名输入为“首部.报文字节”），即可证明该地区说过这些话，此后一字未改。",
        "en": "Each message in messages/ is the very bytes that were signed. The .jws beside it (RFC 7797, detached; signing"
        " input is header, a dot, and the bytes) verifies with that jurisdiction's key in keys.jwks.json: it said this,"
        " and not a byte has changed since.",
    },
    {
        "zh": "receipts/ 中每件回执写明所收报文的 SHA-256 和结果，由接收一方签名：证明报文已送到并存妥。已接收不等于受理，受理不等于办结。",
        "en": "Each receipt in receipts/ names messages by SHA-256 with an outcome, signed by the side that received them:"
        " they arrived and are stored. Receipted is not accepted, and accepted is not decided.",
    },
    {
        "zh": "agreement.json 是办件所依据清单版本的规范文本（RFC 8785），其 SHA-256 即双方确认的 hash；agreements/ 中是各方确认这一版本的"
        "签名报文（有的话）。",
        "en": "agreement.json is the canonical text (RFC 8785) of the list version under which the case was filed; its"
        " SHA-256 is the hash that the counties confirm, and agreements/ holds their signed confirmations, where there are any.",
    },
    {
        "zh": "papers/ 中是本系统一方为本件出具的每份文书的内容（RFC 8785 规范文本），其 SHA-256 与文书上的内容摘要、"
        "audit.jsonl 中出具该文书的一行相同；PDF 以 attachment 列出。内容不含印章。",
        "en": "papers/ holds the content (RFC 8785 text) of each paper that this side issued; its SHA-256 is the digest on"
        " the paper and in the line of audit.jsonl that issued it. PDFs are listed as attachment. No seal is in it.",
    },
    {
        "zh": "audit.jsonl 每行记载谁、何时、因何、做了什么，并含前一行的哈希；proof 证明该行在某个已签名的封存根之中"
        "（RFC 9162 包含证明），roots.jsonl 是这些封存根的链。封存根写入发给各协作地区的回执，事后改动任何一行都会被发现。",
        "en": "Each line of audit.jsonl says who did what, when and why, and holds the hash of the line before it; its proof"
        " shows that it lies under a signed root (RFC 9162 inclusion proof), and roots.jsonl is the chain of these roots."
        " Roots are told to partners in receipts, so a later change of any line shows.",
    },
    {
        "zh": "manifest.json 列出包内每个文件的 SHA-256，由出具地区签名（manifest.jws）：包内没有一个字节在出具之后被改动。",
        "en": "manifest.json names every file of the package by SHA-256 and is signed by the jurisdiction that gave it out"
        " (manifest.jws): not a byte of the package has changed since.",
    },
)

LIMITS = (
    {
        "zh": "公钥是包内自带的。请将 keys 中的指纹（RFC 7638）与各地区签订的通办协议所附指纹核对，相符才能说钥匙确属该地区。",
        "en": "The public keys come with the package. Compare the fingerprints in keys (RFC 7638) with those in the"
        " agreement that the counties signed; only then is a key known to be that county's.",
    },
    {
        "zh": "custodial 为 true 的签名由本系统代对方保管的密钥作出：只证明本系统记录了对方经办人的操作，不是对方独立作出的证明。",
        "en": "A signature marked custodial was made with a key that this system holds for the partner: it proves that the"
        " partner's operator did this here, not that the partner signed it independently.",
    },
    {
        "zh": "附件只以 SHA-256、大小和名称列出，文件本身不在包内。电子签名不是印章，各时刻由各方自己的时钟给出。",
        "en": "Attachments are named by SHA-256, size and name; their bytes are not in this package. A signature is not a"
        " seal, and each time is that of the party's own clock.",
    },
    {
        "zh": "body 为 destroyed 的报文和文书已到保存期限并销毁密钥，只留摘要（报文还有签名）。",
        "en": "A message or paper whose body is destroyed has passed its retention time; its key was destroyed, and its"
        " digest remains (of a message its signature too).",
    },
)
