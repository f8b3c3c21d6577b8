//! The options that say with what the servers are loaded.

use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};
use quartet_record::plan::{
    CapacityPlan, Lane, LaneLoad, LatencyPlan, Plan, ScalingLevel, ScalingPlan,
};

/// Connections of the comparison, where nothing is asked for that leaves them out.
const CONNECTIONS: u16 = 64;

/// The most connections to one server: an address has ports for no more than 28,232 by Linux's usual
/// `ip_local_port_range`, and those of connections that were closed are not free at once.
const MOST: i64 = 16_384;

/// Numbers of connections that capacity is measured at, where nothing else is asked for.
const LEVELS: [u16; 5] = [1, 16, CONNECTIONS, 256, 1024];

/// How much of the further modes a run measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Depth {
    /// Whether both modes are measured unless refused, or only where asked for.
    pub(super) modes: bool,
    /// Restarts that measure requests per second against connections.
    pub(super) capacity_restarts: u32,
    /// Restarts that measure latency.
    pub(super) latency_restarts: u32,
    /// Restarts that measure requests per second against workers.
    pub(super) scaling_restarts: u32,
    /// Every lane, where none is asked for.
    pub(super) every_lane: bool,
}

#[derive(Args, Clone, Debug)]
pub(super) struct LoadOptions {
    /// Kinds of request, or `all` [default: item,list; --thorough: all]
    #[arg(long, value_name = "LANE,…", value_delimiter = ',')]
    lanes: Vec<LaneChoice>,

    /// Also measure the servers over a PostgreSQL that is started for the run: the lanes db-item and
    /// db-list, unless --lanes names one of them
    #[arg(long)]
    database: bool,

    /// Numbers of connections to each server, each with one request in flight. Requests per second are
    /// measured at every number; the comparison uses 64, or the first if 64 is not given
    /// [default: 1,16,64,256,1024; --quick: 64]
    #[arg(long, value_name = "N,…", value_delimiter = ',', value_parser = clap::value_parser!(u16).range(1..=MOST))]
    connections: Vec<u16>,

    /// Also measure every server with each of these numbers of workers, one core each: requests per second for each worker, on
    /// connections that are held open and with clients that reconnect. Two numbers at least
    #[arg(long, value_name = "N,…", value_delimiter = ',', value_parser = clap::value_parser!(u16).range(1..=1024))]
    scaling: Vec<u16>,

    /// Rates at which latency is measured, in requests per second, in addition to 25 and 50 % of the
    /// slowest server's capacity
    #[arg(long, value_name = "N,…", value_delimiter = ',', value_parser = rate, conflicts_with = "no_latency")]
    rate: Vec<f64>,

    /// Also measure latency in a --quick run
    #[arg(long, conflicts_with = "no_latency")]
    latency: bool,

    /// Do not measure latency
    #[arg(long)]
    no_latency: bool,
}

impl LoadOptions {
    /// The lanes of the comparison, each once.
    pub(super) fn lanes(&self, depth: Depth) -> Vec<Lane> {
        let mut lanes: Vec<Lane> = match self.lanes.as_slice() {
            [] if depth.every_lane => Lane::IN_MEMORY.to_vec(),
            [] => vec![Lane::Item, Lane::List],
            chosen => chosen.iter().flat_map(|choice| choice.lanes()).collect(),
        };
        let named = lanes.iter().any(|lane| lane.is_over_database());
        if self.database && !named {
            lanes.extend(Lane::OVER_DATABASE);
        }
        lanes.sort_unstable();
        lanes.dedup();
        lanes
    }

    /// Connections of the comparison.
    pub(super) fn connections(&self) -> usize {
        let asked = &self.connections;
        let fallback = asked.first().copied().unwrap_or(CONNECTIONS);
        let usual = asked.is_empty() || asked.contains(&CONNECTIONS);
        usize::from(if usual { CONNECTIONS } else { fallback })
    }

    /// Adds to a plan what goes beyond the comparison.
    pub(super) fn extend(&self, plan: &mut Plan, depth: Depth) {
        if plan.lanes.contains(&Lane::Large) {
            let connections = LaneLoad::LARGE.connections.min(plan.connections);
            let load = LaneLoad {
                connections,
                ..LaneLoad::LARGE
            };
            plan.lane_loads.insert(Lane::Large, load);
        }
        for lane in plan.lanes.iter().filter(|lane| lane.is_over_database()) {
            let load = LaneLoad::over_database(plan.connections);
            plan.lane_loads.insert(*lane, load);
        }
        // Latency's rates are shares of what a lane of the comparison does on connections held open.
        let Some(lane) = plan.lanes.iter().copied().find(|lane| is_held(*lane)) else {
            return;
        };
        let levels = self.levels(depth);
        if levels.len() > 1 {
            plan.capacity = Some(CapacityPlan::new(lane, levels, depth.capacity_restarts));
        }
        let asked = self.asks_for_latency();
        if !self.no_latency && (asked || depth.modes) {
            let rates = self.rate.clone();
            let restarts = depth.latency_restarts;
            let latency = LatencyPlan::new(lane, rates, plan.connections, restarts);
            plan.latency = Some(latency);
        }
    }

    /// The option that asks for more than the comparison on a number of connections, if any does.
    pub(super) fn beyond_connections(&self) -> Option<&'static str> {
        let asked = [
            ("--lanes", !self.lanes.is_empty()),
            ("--database", self.database),
            ("--rate", !self.rate.is_empty()),
            ("--latency", self.latency),
            ("--scaling", !self.scaling.is_empty()),
        ];
        let mut asked = asked.into_iter();
        asked.find_map(|(option, is_asked)| is_asked.then_some(option))
    }

    /// Numbers of workers that requests per second are measured against, ascending; none where that was not asked for.
    ///
    /// # Errors
    /// A sentence where there is but one.
    pub(super) fn scaling(&self) -> Result<Vec<usize>, String> {
        let mut numbers: Vec<usize> = self.scaling.iter().copied().map(usize::from).collect();
        numbers.sort_unstable();
        numbers.dedup();
        match numbers.as_slice() {
            [one] => Err(format!(
                "--scaling {one}: there is nothing to compare {one} with; give two numbers of workers or more"
            )),
            _ => Ok(numbers),
        }
    }

    /// What is measured with these numbers of workers beside what `plan` has: its first lane on connections that are
    /// held open, and clients that reconnect for the same.
    ///
    /// # Errors
    /// A sentence where no lane is fit for that, or there would be more connections than ports.
    pub(super) fn scaling_plan(
        plan: &Plan,
        levels: Vec<ScalingLevel>,
        depth: Depth,
    ) -> Result<ScalingPlan, String> {
        let lanes: Vec<Lane> = match plan.lanes.iter().copied().find(|lane| is_held(*lane)) {
            // Its path is not that of clients that reconnect.
            Some(Lane::Custom) => vec![Lane::Custom],
            Some(held) => vec![held, Lane::Connect],
            None if plan.lanes.contains(&Lane::Connect) => vec![Lane::Connect],
            None => {
                let sentence = "--scaling needs another lane than large, db-item and db-list";
                return Err(sentence.to_owned());
            }
        };
        let most = levels.last().map_or(1, |level| level.workers);
        let connections = plan.connections * most;
        if connections > MOST as usize {
            return Err(format!(
                "--scaling {most}: {} connections for each worker are {connections} to one server; {MOST} \
                 are possible",
                plan.connections
            ));
        }
        let restarts = depth.scaling_restarts;
        Ok(ScalingPlan::new(lanes, levels, plan.connections, restarts))
    }

    /// Whether the lane of servers of the command line was named.
    pub(super) fn asks_for_custom(&self) -> bool {
        self.lanes.contains(&LaneChoice::Only(Lane::Custom))
    }

    /// Whether latency was asked for.
    pub(super) fn asks_for_latency(&self) -> bool {
        self.latency || !self.rate.is_empty()
    }

    fn levels(&self, depth: Depth) -> Vec<usize> {
        let mut levels = match (self.connections.is_empty(), depth.modes) {
            (false, _) => self.connections.clone(),
            (true, true) => LEVELS.to_vec(),
            (true, false) => vec![CONNECTIONS],
        };
        levels.sort_unstable();
        levels.dedup();
        levels.into_iter().map(usize::from).collect()
    }
}

/// Whether a lane is of usual requests on connections that are held open.
fn is_held(lane: Lane) -> bool {
    !matches!(lane, Lane::Connect | Lane::Large) && !lane.is_over_database()
}

fn rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if rate.is_finite() && rate >= 1.0 => Ok(rate),
        _ => Err("must be a number of at least 1".to_owned()),
    }
}

/// A lane, or all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LaneChoice {
    All,
    Only(Lane),
}

impl LaneChoice {
    fn lanes(self) -> Vec<Lane> {
        match self {
            Self::All => Lane::IN_MEMORY.to_vec(),
            Self::Only(lane) => vec![lane],
        }
    }
}

impl ValueEnum for LaneChoice {
    fn value_variants<'a>() -> &'a [Self] {
        use Lane::{Connect, Custom, DbItem, DbList, Item, Large, List, Miss, Revalidate};
        use LaneChoice::{All, Only};
        &[
            Only(Item),
            Only(List),
            Only(Miss),
            Only(Revalidate),
            Only(Connect),
            Only(Large),
            Only(DbItem),
            Only(DbList),
            Only(Custom),
            All,
        ]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        match self {
            Self::All => {
                Some(PossibleValue::new("all").help("Every lane whose greetings are in memory"))
            }
            Self::Only(lane) => {
                let value = PossibleValue::new(lane.name()).help(help(*lane));
                // Its name until 2026-11-28, as older commands have it.
                Some(match lane {
                    Lane::Item => value.alias("one"),
                    _ => value,
                })
            }
        }
    }
}

/// What a lane asks.
fn help(lane: Lane) -> &'static str {
    match lane {
        Lane::Item => "GET /greetings/en: one greeting by its path parameter",
        Lane::List => "GET /greetings: the whole list",
        Lane::Miss => {
            "GET of a greeting that does not exist, by a well-formed language tag: a 404 problem"
        }
        Lane::Revalidate => {
            "GET /greetings/en with `If-None-Match` and the current entity tag: a 304"
        }
        Lane::Connect => {
            "GET /greetings/en with `Connection: close`: each request opens and closes a connection"
        }
        Lane::Large => "GET /greetings with a data file of 10,000 locales",
        Lane::DbItem => "GET /greetings/en, of servers that read it from PostgreSQL",
        Lane::DbList => "GET /greetings, of servers that read it from PostgreSQL",
        Lane::Custom => "GET of --path, of the servers of --exec",
        // They cannot be asked for here.
        Lane::Bytes1k | Lane::Json1k | Lane::Bytes100k | Lane::Json100k => lane.request(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    const NORMAL: Depth = Depth {
        modes: true,
        capacity_restarts: 4,
        latency_restarts: 28,
        scaling_restarts: 28,
        every_lane: false,
    };
    const QUICK: Depth = Depth {
        modes: false,
        capacity_restarts: 2,
        latency_restarts: 14,
        scaling_restarts: 12,
        every_lane: false,
    };

    #[derive(Parser)]
    struct Program {
        #[command(flatten)]
        load: LoadOptions,
    }

    fn options(line: &[&str]) -> LoadOptions {
        let line = ["compare"].iter().chain(line);
        Program::try_parse_from(line)
            .map(|program| program.load)
            .unwrap()
    }

    fn extended(line: &[&str], depth: Depth) -> Plan {
        let options = options(line);
        let mut plan = quartet_record::testing::record().plan;
        plan.lanes = options.lanes(depth);
        plan.connections = options.connections();
        options.extend(&mut plan, depth);
        plan
    }

    #[test]
    fn lanes_are_two_unless_asked_for() {
        let lanes = |line: &[&str], depth| options(line).lanes(depth);
        assert_eq!(lanes(&[], QUICK), [Lane::Item, Lane::List]);
        let thorough = Depth {
            every_lane: true,
            ..NORMAL
        };
        assert_eq!(lanes(&[], thorough), Lane::IN_MEMORY);
        assert_eq!(lanes(&["--lanes", "list"], thorough), [Lane::List]);
        assert_eq!(lanes(&["--lanes", "miss,all,miss"], QUICK), Lane::IN_MEMORY);
        assert_eq!(
            lanes(&["--lanes=large,one"], QUICK),
            [Lane::Item, Lane::Large]
        );
    }

    #[test]
    fn a_database_adds_its_lanes_unless_they_are_named() {
        use Lane::{DbItem, DbList, Item, List};
        let lanes = |line: &[&str]| options(line).lanes(QUICK);
        assert_eq!(lanes(&["--database"]), [Item, List, DbItem, DbList]);
        assert_eq!(
            lanes(&["--database", "--lanes=list"]),
            [List, DbItem, DbList]
        );
        assert_eq!(
            lanes(&["--database", "--lanes=item,db-item"]),
            [Item, DbItem]
        );
        assert_eq!(lanes(&["--lanes=db-list"]), [DbList]);
        let plan = extended(&["--lanes=db-item", "--connections=4"], NORMAL);
        assert_eq!((plan.capacity, plan.latency), (None, None));
        assert_eq!(plan.lane_loads[&DbItem], LaneLoad::over_database(4));
    }

    #[test]
    fn every_lane_can_be_asked_for() {
        let choices = LaneChoice::value_variants();
        for lane in Lane::ALL {
            // Of those no server but the programs of `cargo compare features` takes part in.
            let is_posted = Lane::POSTED.contains(&lane);
            let is_offered = choices.contains(&LaneChoice::Only(lane));
            assert_eq!(is_offered, !is_posted, "{}", lane.name());
        }
    }

    #[test]
    fn what_goes_beyond_connections_is_named() {
        let beyond = |line: &[&str]| options(line).beyond_connections();
        assert_eq!(beyond(&["--connections=1,64", "--no-latency"]), None);
        for line in "--lanes=item --database --rate=100 --latency --scaling=1,2".split(' ') {
            let option = line.split('=').next();
            assert_eq!(beyond(&[line]), option);
        }
    }

    #[test]
    fn servers_are_compared_at_64_connections_or_the_first_asked_for() {
        assert_eq!(options(&[]).connections(), 64);
        assert_eq!(options(&["--connections=4"]).connections(), 4);
        assert_eq!(options(&["--connections=1,64,256"]).connections(), 64);
        assert_eq!(options(&["--connections=16,1"]).connections(), 16);
    }

    #[test]
    fn capacity_is_measured_where_there_is_more_than_one_number() {
        let levels = |line: &[&str], depth| {
            extended(line, depth)
                .capacity
                .map(|plan| (plan.connections, plan.restarts))
        };
        assert_eq!(levels(&[], QUICK), None);
        assert_eq!(levels(&["--connections=64"], NORMAL), None);
        assert_eq!(levels(&[], NORMAL), Some((vec![1, 16, 64, 256, 1024], 4)));
        assert_eq!(
            levels(&["--connections=16,1,16"], QUICK),
            Some((vec![1, 16], 2))
        );
    }

    #[test]
    fn latency_is_measured_unless_the_run_is_quick_or_it_is_refused() {
        let rates = |line: &[&str], depth| {
            extended(line, depth)
                .latency
                .map(|plan| (plan.rates, plan.restarts))
        };
        assert_eq!(rates(&[], NORMAL), Some((vec![], 28)));
        assert_eq!(rates(&["--no-latency"], NORMAL), None);
        assert_eq!(rates(&[], QUICK), None);
        assert_eq!(rates(&["--latency"], QUICK), Some((vec![], 14)));
        assert_eq!(
            rates(&["--rate=500,1e3"], QUICK),
            Some((vec![500.0, 1000.0], 14))
        );
        for wrong in [
            "--rate=0",
            "--rate=0.5",
            "--rate=-1",
            "--rate=inf",
            "--rate=x",
        ] {
            assert!(
                Program::try_parse_from(["compare", wrong]).is_err(),
                "{wrong}"
            );
        }
    }

    #[test]
    fn workers_are_counted_up_and_one_number_is_none_to_compare() {
        let numbers = |line: &[&str]| options(line).scaling();
        assert_eq!(numbers(&[]), Ok(vec![]));
        assert_eq!(numbers(&["--scaling=4,1,2,4"]), Ok(vec![1, 2, 4]));
        let alone = numbers(&["--scaling=2,2"]).unwrap_err();
        assert!(
            alone.starts_with("--scaling 2: there is nothing"),
            "{alone}"
        );
        for wrong in ["--scaling=0,1", "--scaling=1,1025", "--scaling=x"] {
            assert!(
                Program::try_parse_from(["compare", wrong]).is_err(),
                "{wrong}"
            );
        }
    }

    #[test]
    fn scaling_has_the_first_lane_that_is_held_and_clients_that_reconnect() {
        let level = |workers| ScalingLevel {
            workers,
            server_cores: Vec::new(),
            generator_cores: Vec::new(),
        };
        let scaling = |line: &[&str]| {
            let levels = vec![level(1), level(4)];
            LoadOptions::scaling_plan(&extended(line, QUICK), levels, QUICK)
        };
        let lanes = |line: &[&str]| scaling(line).unwrap().lanes;
        assert_eq!(lanes(&[]), [Lane::Item, Lane::Connect]);
        assert_eq!(lanes(&["--lanes=large,list"]), [Lane::List, Lane::Connect]);
        assert_eq!(lanes(&["--lanes=connect,large"]), [Lane::Connect]);
        assert_eq!(lanes(&["--lanes=custom"]), [Lane::Custom]);
        let plan = scaling(&["--connections=16"]).unwrap();
        assert_eq!((plan.connections_per_worker, plan.restarts), (16, 12));
        assert!(scaling(&["--lanes=large,db-item"]).is_err());
        let many = scaling(&["--connections=16384"]).unwrap_err();
        assert!(many.contains("are 65536 to one server"), "{many}");
    }

    #[test]
    fn modes_use_a_lane_on_connections_held_open() {
        let plan = extended(&["--lanes=connect,miss,large"], NORMAL);
        assert_eq!(plan.capacity.unwrap().lane, Lane::Miss);
        assert_eq!(plan.latency.unwrap().lane, Lane::Miss);
        assert_eq!(plan.lane_loads[&Lane::Large], LaneLoad::LARGE);
        let plan = extended(&["--lanes=connect"], NORMAL);
        assert_eq!((plan.capacity, plan.latency), (None, None));
        assert!(plan.lane_loads.is_empty());
    }
}
