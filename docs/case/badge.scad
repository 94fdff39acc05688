// What holds the reference build? A case to print: ESP32 DevKit, LIS3DH board, SX1262 module, coin motor, 500 mAh cell.
//
//   openscad -o body.stl -D part=\"body\" docs/case/badge.scad      and "lid", "button", "clip"
//   kald's picture of it: docs/pictures/case.png
//
// Everything is in millimetres, and each part's size stands here, as its maker gives it: measure yours, change the
// number, render again. Nobody has printed this yet. PETG or ASA, not PLA: it lies in cars and on radiators. 0.2 mm
// layers, four walls, no support but for the clip's slots. Worn upright at the hip: y is up, z = 0 lies at the body.

part = "all"; // body, lid, button, clip, all

// parts
board = [28.5, 52, 8.5];    // DevKit with 30 pins, headers cut off; its USB socket looks down
usb = [9.5, 4];             // a micro-USB plug's collar, with play
cell = [31, 36, 5.8];       // 503035, 500 mAh, with room to swell
sensor = [20.8, 20.8, 3];   // LIS3DH on its board
radio = [20, 14.5, 4];      // SX1262 module: beside the cell, under the DevKit's end
motor = [10.4, 3.2];        // coin motor: diameter, height
antenna = 6.6;              // its bushing, or the hole for a whip's sleeve
screw = 1.8;                // M2 x 8 into the print
contact = 3.2;              // a clip contact's screw, two of them

// case
wall = 2.2;
play = 0.4;
round = 5;
inner = [max(board[0], cell[0]) + 2 * play, board[1] + cell[1] / 2 + 12, cell[2] + board[2] + 3];
outer = [inner[0] + 2 * wall, inner[1] + 2 * wall, inner[2] + 2 * wall];
floor_z = wall;
slots = [outer[1] * 0.24, outer[1] * 0.66];  // in which the clip stands

// button: 16 mm is found by a thumb in a glove; the collar keeps a seat, a belt and a door frame off it
cap = [16, 3];              // diameter, height above the switch
collar = [22, 3.5];         // outer diameter, height above the lid: half a millimetre more than the cap stands out
travel = 0.8;               // a 12 mm tact switch of 2.5 to 4 N: less is pressed by leaning on it, more needs two tries
switch_z = 7.3;             // of the switch, from its feet to its plunger's end

$fn = 48;

module box(size, r) {
  hull() for (x = [r, size[0] - r], y = [r, size[1] - r]) translate([x, y, 0]) cylinder(r = r, h = size[2]);
}

module posts(h, d) {
  for (x = [round, outer[0] - round], y = [round, outer[1] - round]) translate([x, y, 0]) cylinder(d = d, h = h);
}

module body() {
  difference() {
    union() {
      difference() {
        box([outer[0], outer[1], outer[2] - wall], round);
        translate([wall, wall, floor_z]) box(inner + [0, 0, wall], round - wall);
      }
      intersection() {
        box([outer[0], outer[1], outer[2] - wall], round);
        posts(outer[2] - wall, 6.5);
      }
      // the motor stands against the wall at the body, in a ring, not in foam: what counts is what the hip feels
      translate([outer[0] / 2, outer[1] - wall - motor[0] - 4, wall / 2])
        difference() {
          cylinder(d = motor[0] + 3, h = wall / 2 + motor[1]);
          translate([0, 0, wall / 2]) cylinder(d = motor[0], h = motor[1] + 1);
        }
      // the sensor lies on two ledges, screwed to the case: one on a wire feels its own rattle
      for (x = [-1, 1])
        translate([outer[0] / 2 + x * (sensor[0] / 2 - 1.5) - 1.5, outer[1] - wall - 6, floor_z + motor[1] + 2])
          cube([3, 6 + wall / 2, 2]);
    }
    translate([0, 0, outer[2] - wall - 9]) posts(10, screw);
    // a plug from below, where no rain stands
    translate([outer[0] / 2 - usb[0] / 2, -1, floor_z + cell[2] + 2]) cube([usb[0], wall + 2, usb[1]]);
    // the antenna leaves upwards, away from body and cell
    translate([outer[0] - round - 7, outer[1] + 1, outer[2] / 2]) rotate([90, 0, 0]) cylinder(d = antenna, h = wall + 2);
    // the clip: two slots for its band, and two screws that its springs touch (setting clip: torn off)
    for (y = slots) translate([outer[0] / 2 - 7.2, y - 1.6, -1]) cube([14.4, 3.2, wall + 2]);
    for (x = [-14, 14]) translate([outer[0] / 2 + x, outer[1] / 2, -1]) cylinder(d = contact, h = wall + 2);
  }
}

module lid() {
  at = [outer[0] / 2, outer[1] - wall - collar[0] / 2 - 7];
  difference() {
    union() {
      box([outer[0], outer[1], wall], round);
      translate([wall + play, wall + play, -1.5])
        difference() {
          box([inner[0] - 2 * play, inner[1] - 2 * play, 1.5], round - wall);
          translate([1.5, 1.5, -1]) box([inner[0] - 2 * play - 3, inner[1] - 2 * play - 3, 4], round - wall);
          translate([-wall - play, -wall - play, -1]) posts(4, 7.5);
        }
      translate([at[0], at[1], wall]) cylinder(d = collar[0], h = collar[1]);
    }
    translate([at[0], at[1], -2]) cylinder(d = cap[0] + 2 * play, h = 20);
    translate([0, 0, -2]) posts(10, 2.3);
    translate([0, 0, wall - 1.2]) posts(2, 4.2);
  }
}

// glued onto nothing: its rim is held by the lid, its foot rests on the switch
module button() {
  cylinder(d = cap[0] + 3, h = 1.2);
  cylinder(d = cap[0], h = 1.2 + wall + cap[1]);
  translate([0, 0, 1 + wall + cap[1]]) difference() {  // a dish that the thumb finds, without looking
    cylinder(d1 = cap[0], d2 = cap[0] - 2, h = 1.2);
    translate([0, 0, 9.6]) sphere(r = 9);
  }
}

// over a belt of 40 mm, its feet glued into the slots; it lets go at a pull of some kilograms, so that nobody is held by it
module clip() {
  difference() {
    box([18, slots[1] - slots[0] + 20, 3], 3);
    translate([4, -1, 1.5]) cube([10, 6, 3]);
  }
  for (y = slots) translate([2, y - slots[0] + 10 - 1.4, 3]) cube([14, 2.8, wall + 2]);
}

if (part == "body") body();
if (part == "lid") translate([0, outer[1], wall]) rotate([180, 0, 0]) lid();
if (part == "button") button();
if (part == "clip") clip();
if (part == "all") {
  color("#9fb3ad") body();
  color("#c9d6d2") translate([outer[0] + 12, 0, 2]) lid();
  color("#b03a2e") translate([2 * outer[0] + 34, outer[1] - 14, 0]) button();
  color("#6b7f79") translate([2 * outer[0] + 25, 0, 0]) clip();
}
