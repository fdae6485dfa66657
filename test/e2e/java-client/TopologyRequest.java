import com.google.gson.Gson;
import io.camunda.client.CamundaClient;
import io.camunda.client.api.response.BrokerInfo;
import io.camunda.client.api.response.PartitionInfo;
import io.camunda.client.api.response.Topology;
import java.util.Map;

/** Prints the topology as Camunda's Java client reads it, as JSON. The environment says where it is and who asks. */
class TopologyRequest {
  public static void main(final String[] arguments) {
    try (CamundaClient client = CamundaClient.newClientBuilder().preferRestOverGrpc(true).build()) {
      System.out.println(new Gson().toJson(read(client.newTopologyRequest().useRest().send().join())));
    }
  }

  static Map<String, Object> read(final Topology topology) {
    return Map.of(
        "clusterSize", topology.getClusterSize(),
        "partitionsCount", topology.getPartitionsCount(),
        "replicationFactor", topology.getReplicationFactor(),
        "gatewayVersion", topology.getGatewayVersion(),
        "brokers", topology.getBrokers().stream().map(TopologyRequest::read).toList());
  }

  static Map<String, Object> read(final BrokerInfo broker) {
    return Map.of(
        "nodeId", broker.getNodeId(),
        "host", broker.getHost(),
        "port", broker.getPort(),
        "version", broker.getVersion(),
        "partitions", broker.getPartitions().stream().map(TopologyRequest::read).toList());
  }

  static Map<String, Object> read(final PartitionInfo partition) {
    return Map.of(
        "partitionId", partition.getPartitionId(),
        "role", partition.getRole().name().toLowerCase(),
        "health", partition.getHealth().name().toLowerCase());
  }
}
