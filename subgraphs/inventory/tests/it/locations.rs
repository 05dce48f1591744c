use insta::assert_json_snapshot;
use serde_json::json;

use crate::warehouse::{Warehouse, location};

#[tokio::test]
async fn locations_are_paged_by_name() {
    let warehouse = Warehouse::empty().await;
    warehouse.locate(json!([location("a", "Southgate"), location("z", "Eastgate")])).await;
    let first = warehouse
        .ask(
            r#"{ stockLocations(first: 1) {
                nodes { id name city region country coordinates { latitude longitude } }
                pageInfo { hasNextPage endCursor } } }"#,
        )
        .await;
    let cursor = first["data"]["stockLocations"]["pageInfo"]["endCursor"].to_string();
    assert_json_snapshot!(first["data"]["stockLocations"]["nodes"], @r#"
    [
      {
        "city": "Bloomington",
        "coordinates": {
          "latitude": 44.85466,
          "longitude": -93.24565
        },
        "country": "US",
        "id": "loc_z",
        "name": "Eastgate",
        "region": "MN"
      }
    ]
    "#);
    let rest = warehouse
        .ask(format!(
            "{{ stockLocations(after: {cursor}) {{ nodes {{ id name }} pageInfo {{ hasNextPage hasPreviousPage }} }} }}"
        ))
        .await;
    assert_json_snapshot!(rest, @r#"
    {
      "data": {
        "stockLocations": {
          "nodes": [
            {
              "id": "loc_north",
              "name": "Northgate"
            },
            {
              "id": "loc_a",
              "name": "Southgate"
            },
            {
              "id": "loc_south",
              "name": "Southgate"
            }
          ],
          "pageInfo": {
            "hasNextPage": false,
            "hasPreviousPage": true
          }
        }
      }
    }
    "#);
    let refused = warehouse.ask(r#"{ stockLocations(first: 101) { nodes { id } } }"#).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
}
