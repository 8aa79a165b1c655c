//! Lots of land, most of each a list of coordinates, and rules over them. Set a: two equalities, one of
//! them the lot's own. Set b: ranges, beginnings, ends, lists, presence, exclusions. Set c: b without
//! ranges.

use crate::made::Dice;

const STREETS: [&str; 16] = [
    "ALBION", "BRANNAN", "CASTRO", "DOLORES", "EUREKA", "FOLSOM", "GUERRERO", "HARRISON", "IRVING",
    "JUDAH", "KIRKHAM", "LAWTON", "MISSION", "NORIEGA", "ORTEGA", "PACHECO",
];

fn street(dice: &mut Dice) -> String {
    let at = usize::try_from(dice.below(16)).unwrap_or_default();
    format!("{:02}{}", dice.below(60), STREETS[at])
}

fn block(dice: &mut Dice) -> String {
    format!("{:04}", dice.below(8_000))
}

fn lot(dice: &mut Dice) -> String {
    // Low numbers are common, as they are.
    let most = 1 + dice.below(200);
    format!("{:03}", dice.below(most))
}

/// So many lines of JSON, of some 800 bytes each.
pub(crate) fn events(count: u64) -> Vec<String> {
    let mut dice = Dice(3);
    let event = |_| {
        let (block, lot, street) = (block(&mut dice), lot(&mut dice), street(&mut dice));
        let number = dice.below(4_000);
        let x = dice.below(2_000_000);
        let points: Vec<String> = (0..6 + dice.below(6))
            .map(|_| {
                let (dx, y) = (dice.below(9_999), dice.below(9_999_999));
                format!(
                    "{{\"x\":-122.{:07}{dx:04},\"y\":37.{y:07}1234,\"z\":0}}",
                    3_000_000 + x
                )
            })
            .collect();
        format!(
            "{{\"event_type\":\"lot\",\"event_data\":{{\"mdn\":\"5550100\",\"type\":\"Feature\",\
             \"properties\":{{\"MAPBLKLOT\":\"{block}{lot}\",\"BLOCK_NUM\":\"{block}\",\"LOT_NUM\":\"{lot}\",\
             \"FROM_ST\":\"{number}\",\"TO_ST\":\"{number}\",\"STREET\":\"{street}\",\"ST_TYPE\":\"ST\",\
             \"ODD_EVEN\":\"{}\"}},\"geometry\":{{\"type\":\"Polygon\",\"coordinates\":[{}],\
             \"firstCoordinates\":{}}}}}}}",
            if number.is_multiple_of(2) { "E" } else { "O" },
            points.join(","),
            points[0],
        )
    };
    (0..count).map(event).collect()
}

/// So many rules of that set.
pub(crate) fn rules(set: char, count: u64) -> String {
    let mut dice = Dice(4);
    let mut text = String::from("company \"bench\"\n");
    for number in 0..count {
        let dice = &mut dice;
        let kind = match set {
            'a' => 6,
            'b' => number % 6,
            _ => 1 + number % 5,
        };
        let when = match kind {
            0 => {
                let x = 3_000_000 + dice.below(2_000_000);
                let side = ["E", "O"][usize::from(dice.below(2) == 0)];
                format!(
                    "geometry.firstCoordinates.x > -122.{:07} and geometry.firstCoordinates.x < -122.{x:07} \
                     and properties.ODD_EVEN == \"{side}\"",
                    x + 1_000
                )
            }
            1 => format!(
                "properties.MAPBLKLOT starts_with \"{}{}\" and properties.ST_TYPE == \"ST\"",
                block(dice),
                dice.below(2)
            ),
            2 => {
                let street = street(dice);
                let end = &street[street.len() - 4..];
                let lot = lot(dice);
                format!("properties.STREET ends_with \"{end}\" and properties.LOT_NUM == \"{lot}\"")
            }
            3 => {
                let blocks: Vec<String> = (0..4).map(|_| format!("\"{}\"", block(dice))).collect();
                let blocks = blocks.join(", ");
                format!("properties.BLOCK_NUM in [{blocks}] and properties.ODD_EVEN == \"E\"")
            }
            4 => format!(
                "properties.TO_ST is present and properties.FROM_ST == \"{}\" \
                 and properties.BLOCK_NUM starts_with \"{:02}\"",
                dice.below(4_000),
                dice.below(80)
            ),
            5 => format!(
                "properties.STREET not in [\"{}\", \"{}\"] and properties.LOT_NUM == \"{}\" \
                 and properties.BLOCK_NUM starts_with \"{:02}\"",
                street(dice),
                street(dice),
                lot(dice),
                dice.below(80)
            ),
            _ => format!(
                "type == \"Feature\" and properties.MAPBLKLOT == \"{}{:03}\"",
                block(dice),
                number % 1_000
            ),
        };
        text.push_str(&format!(
            "rule r{number} {{ on lot when {when} do note {{}} }}\n"
        ));
    }
    text
}
