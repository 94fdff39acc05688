"""How does the card look? One calm A5 page that also reads well on a screen: no font, no image from elsewhere."""

CSS = """
@page { size: A5; margin: 0 }
* { box-sizing: border-box; margin: 0; padding: 0 }
html { background: #e9ecea }
body { width: 148mm; min-height: 209mm; margin: 6mm auto; padding: 7mm 10mm 6mm; background: #fff; color: #17302f;
  font: 9pt/1.26 "Segoe UI", "Helvetica Neue", Helvetica, Arial, "Liberation Sans", "Noto Sans", sans-serif;
  display: flex; flex-direction: column; justify-content: space-between;
  -webkit-print-color-adjust: exact; print-color-adjust: exact }
@media print { html { background: #fff } body { margin: 0 } }
header { display: flex; justify-content: space-between; align-items: baseline }
h1 { font-size: 18pt; line-height: 1; font-weight: 700; letter-spacing: -.2pt }
header p { color: #5b6f6d }
h2 { font-size: 11.5pt; line-height: 1.2; color: #0b6b62; font-weight: 700 }
h3 { font-size: 1em; color: #5b6f6d; font-weight: 600 }
svg { display: block; fill: #17302f } svg.down { fill: #c8492b }
.presses { background: #fbf3f0; margin: 0 -5mm; padding: 2.4mm 5mm; border-radius: 2mm; display: grid;
  grid-template-columns: 3fr 3fr 4fr; column-gap: 5mm }
.presses h2 { color: #a5361b; grid-column: 1 / 4; display: flex; justify-content: space-between; margin-bottom: 1.4mm }
.presses b { font-size: 14pt; line-height: 1.15 }
.presses .drawn { display: flex; align-items: center; height: 3.4mm; margin-bottom: .8mm }
.drawn i { margin: 0 1.5mm; color: #7d6660 }
.note { font-size: 8.4pt; margin-top: .6mm }
.row { display: grid; grid-template-columns: 37mm 1fr; column-gap: 2mm; padding: .5mm 0;
  border-top: .2mm solid #dfe6e4; align-items: center }
.row.head { border: 0; align-items: baseline; padding-top: 1.6mm }
.row.head:first-child { padding-top: 0 }
.felt { line-height: 1.14 } .felt b { font-size: 1.06em }
.row.large { padding: 1mm 0; font-size: 10pt } .row.large b { font-size: 12.5pt; display: block }
.row.large svg { height: 4.4mm }
.scale { font-size: 8pt; font-weight: 400; color: #5b6f6d; display: flex; align-items: center }
.scale i { display: block; height: 1.6mm; border: .25mm solid #5b6f6d; border-top: 0; margin-right: 1.5mm }
.itself { font-size: 8.4pt; background: #eef5f4; margin: 0 -5mm; padding: 1.6mm 5mm; border-radius: 2mm }
.itself b { color: #0b6b62; font-size: 9.6pt }
.two { display: grid; grid-template-columns: 3fr 4fr; column-gap: 6mm; font-size: 8.4pt }
ul { list-style: none }
.two h2 { margin-bottom: .6mm }
footer { display: grid; grid-template-columns: 3fr 4fr; column-gap: 6mm; font-size: 8pt; color: #5b6f6d }
footer p { border-bottom: .2mm solid #9fb0ad; padding-bottom: .6mm }
"""
