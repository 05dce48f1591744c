"""Turns Icecat's flattened attribute keys back into names: `thermal_design_power__tdp_` → "Thermal design power (TDP)"."""

import re

# What a lower-cased key lost, put back. Order matters: the longer forms come first.
SPELLINGS = [
    (r"\bwi fi\b", "Wi-Fi"), (r"\bi o\b", "I/O"), (r"\bon off\b", "on/off"), (r"\brj (\d\d)\b", r"RJ-\1"),
    (r"\brs (\d{3})\b", r"RS-\1"), (r"\bps 2\b", "PS/2"), (r"\bd sub\b", "D-Sub"), (r"\bvt ([xdc])\b", r"VT-\1"),
    (r"\bhyper threading\b", "Hyper-Threading"), (r"\bwxdxh\b", "WxDxH"), (r"\blxwxh\b", "LxWxH"),
    (r"\bt t\b", "T-T"), (r"\bh h\b", "H-H"), (r"\bdvi ([dia])\b", lambda m: "DVI-" + m[1].upper()),
    (r"\bgps\b", "GPS"), (r"\bbluetooth\b", "Bluetooth"), (r"\bethernet\b", "Ethernet"), (r"\bintel\b", "Intel"),
    (r"\bspeedstep\b", "SpeedStep"), (r"\bwindows\b", "Windows"), (r"\bandroid\b", "Android"), (r"\bmac\b", "Mac"),
    (r"\blinux\b", "Linux"), (r"\bdirectx\b", "DirectX"), (r"\bopengl\b", "OpenGL"), (r"\bvpro\b", "vPro"),
    (r"\brohs\b", "RoHS"), (r"\bpoe\b", "PoE"), (r"\bdisplayport\b", "DisplayPort"), (r"\bthunderbolt\b", "Thunderbolt"),
    (r"\bnvidia\b", "NVIDIA"), (r"\benergy star\b", "ENERGY STAR"), (r"\bmicrosd\b", "microSD"), (r"\bmp3\b", "MP3"),
    (r"\bbuilt in\b", "built-in"), (r"\bplug and play\b", "Plug and Play"), (r"\bwxhxd\b", "WxHxD"),
    (r"\bw x d x h\b", "W x D x H"), (r"\biso a series\b", "ISO A-series"), (r"\ba(\d) us letter\b", r"A\1/US Letter"),
    (r"\ba([0-9])\b", r"A\1"), (r"\ba d converter\b", "A/D converter"), (r"\bd a converter\b", "D/A converter"),
    (r"\b(cd|dvd) (rw|r)\b", lambda m: f"{m[1]}-{m[2]}".upper()), (r"\bpci express\b", "PCI Express"),
    (r"\bipod\b", "iPod"), (r"\biphone\b", "iPhone"), (r"\bhp\b", "HP"), (r"\bcd rom\b", "CD-ROM"),
    (r"\b(\d+)v\b", r"\1 V"), (r"\bturbo boost\b", "Turbo Boost"), (r"\bm 2\b", "M.2"), (r"\bu s\b", "US"), (r"\bemi rfi\b", "EMI/RFI"),
]
ACRONYMS = (
    "ac adc bd dac dc aes agp ai ansi api arp ark atm atx awg bios blu bnc bga cas ccd cd cd-r cdma cad cfm cpu crt ctrl ddr "
    "ddr2 ddr3 ddr4 dhcp dimm dlna dns dpi dram dvb dvd dvi dts eap ean ecc edid eeprom eide emi eps epeat esata eu "
    "fm fcc fsb ftp gprs gpu gsm gui hd hdcp hdd hdmi hdtv hid hs hsdpa html http https ide ieee iec imei ip ipv4 "
    "ipv6 ir isbn isdn iso irda jpeg kvm lan lcd ld led lga lte lvds mac-address mhl mms mimo mpeg mtbf mtu nas nat "
    "nbd nfc ntfs nvme oem os osd pal pc pci pcie pcmcia pda pdf pdu pfc pin pim png ppp pppoe psu pvc pwm qos raid "
    "ram rca rdram rf rgb rip rma rom rpm rss rtp sar sas sata scsi sd sdram sdhc sdxc sfp sim simm sip sla sli smb "
    "smp smps smtp snmp snr soc sodimm spdif sram ssd ssh ssid ssl stp tcp tdp tft tftp tv uhf uk umts upc ups upnp "
    "url usb utp uv va vesa vga vhf vlan voip vpn vram vrms wan wap wep wlan wma wpa wpa2 wps xd xga xmp xlr 2d 3d 3g 4g 5g ht"
).split()
ACRONYM = re.compile(r"\b(" + "|".join(sorted(ACRONYMS, key=len, reverse=True)) + r")(?=s?\b)")


def humanise(key: str) -> str:
    """The name of an attribute, from its key without the `attr_x_` prefix."""
    key = re.sub(r"(^|_)intel__", r"\1intel_", key)
    key = re.sub(r"_s_(?=_|$)", "(s)", key)
    key = re.sub(r"__([a-z0-9][a-z0-9_]*?)_(?=_|$)", r" (\1)", key)
    name = re.sub(r"\s+", " ", key.replace("_", " ")).strip()
    name = re.sub(r"(?<=\d) (?=\d)", ".", name)
    for pattern, spelling in SPELLINGS:
        name = re.sub(pattern, spelling, name)
    name = ACRONYM.sub(lambda match: match[1].upper(), name)
    return name if name.startswith(("iP", "microSD")) else name[:1].upper() + name[1:]
